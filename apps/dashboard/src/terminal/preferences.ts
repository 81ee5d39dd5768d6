import { useSyncExternalStore } from 'react';

const KEY = 'berth.terminal';

/** Sizes of letters that a person may choose, in CSS pixels. */
export const FONT_SIZES = { min: 8, max: 28 } as const;

export interface Preferences {
  /** CSS pixels; null: what fits the device. */
  fontSize: number | null;
  /** Light with the page; else always dark, which programs in terminals are made for. */
  likePage: boolean;
  /** Tells a screen reader what the terminal shows; slower under a flood. */
  screenReader: boolean;
  /** Option is Alt, rather than a way to more characters. */
  optionIsAlt: boolean;
  sound: boolean;
  notify: boolean;
}

const listeners = new Set<() => void>();
let current = read();

/** What this browser has kept, whoever wrote it: anything odd counts as not chosen. */
function read(): Preferences {
  const { fontSize, likePage, screenReader, optionIsAlt, sound, notify } = kept();
  return {
    fontSize: typeof fontSize === 'number' && fontSize >= FONT_SIZES.min && fontSize <= FONT_SIZES.max ? Math.round(fontSize) : null,
    likePage: likePage === true,
    screenReader: screenReader === true,
    optionIsAlt: optionIsAlt === true,
    sound: sound === true,
    notify: notify === true,
  };
}

function kept(): Record<string, unknown> {
  try {
    return Object(JSON.parse(localStorage.getItem(KEY) ?? '{}')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function renew(): void {
  current = read();
  for (const listener of listeners) listener();
}

// Another tab has chosen.
addEventListener('storage', ({ key }) => {
  if (key === KEY || key === null) renew();
});

/** How terminals look and sound in this browser. */
export const preferences = (): Preferences => current;

export function prefer(chosen: Partial<Preferences>): void {
  localStorage.setItem(KEY, JSON.stringify({ ...current, ...chosen }));
  renew();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, preferences);
