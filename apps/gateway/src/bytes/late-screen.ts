import type { LogItem, StoredScreen } from '@berth/log';
import { MAX_SCREEN_BYTES } from '@berth/protocol';
import type { ReadLog } from './log-replay.js';

/** Output in order; a screen stands for everything up to its offset, and what follows it begins there. */
export type ReplayItem = LogItem | { type: 'screen'; screen: StoredScreen };

/** The newest screen of the session; undefined: there is none. Rejects with `unavailable`. */
export type ReadScreen = () => Promise<StoredScreen | undefined>;

/** A host that trims as fast as it takes screens overtakes a reader now and then, not time after time. */
const ATTEMPTS = 3;

/** Reads the log, with a screen in place of what has been trimmed where there is one that output follows without a hole. */
export function withScreens(readLog: ReadLog<LogItem>, readScreen: ReadScreen): ReadLog {
  return async (range) => {
    const items = await readLog(range);
    const at = items.findIndex((item) => item.type === 'gap' && item.reason === 'pruned');
    const gap = items[at];
    if (gap?.type !== 'gap') return items;
    const late = await lateStart(gap.from, range.max);
    return late ? [...items.slice(0, at), ...late] : items;
  };

  async function lateStart(from: number, max: number): Promise<readonly ReplayItem[] | undefined> {
    let last = from;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const screen = await readScreen();
      // The same as before, or one that tells nothing that this viewer has not seen.
      if (!screen || screen.offset <= last || screen.serialized.length > MAX_SCREEN_BYTES) return undefined;
      const rest = await readLog({ from: screen.offset, max });
      if (!startsPruned(rest)) return [{ type: 'screen', screen }, ...rest];
      last = screen.offset;
    }
    return undefined;
  }
}

function startsPruned(items: readonly LogItem[]): boolean {
  const first = items.find(({ type }) => type !== 'size');
  return first?.type === 'gap' && first.reason === 'pruned';
}
