import { useSyncExternalStore } from 'react';
import { relativeTime } from './relative-time-words.js';

const TICK_MS = 20_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** One timer for everything that shows how long ago something was. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** How long ago, in words; the exact time for a pointer that rests on it. */
export function RelativeTime({ at }: { at: string }) {
  const shown = useSyncExternalStore(subscribe, () => now);
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {relativeTime(new Date(at).getTime(), shown)}
    </time>
  );
}
