import type { GapReason } from '@berth/protocol';

/** Output that is not shown: offsets from and to, and why. */
export interface Gap {
  from: number;
  to: number;
  reason: string;
}

const REASONS: Record<GapReason, (size: string) => string> = {
  // Between two runs lies what was reserved, not what was written: its size says nothing.
  lost: () => 'The program was lost with its host, and what it wrote last with it',
  pruned: (size) => `${size} of older output are no longer kept`,
  unlogged: (size) => `${size} of output were not kept, because the log could not be reached`,
  slow: (size) => `${size} of output were left out, because this page could not keep up`,
};

const UNITS = ['bytes', 'kB', 'MB', 'GB'] as const;
const rounded = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: false });

/** A size for people. */
export function sizeWords(bytes: number): string {
  if (bytes === 1) return '1 byte';
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)));
  return `${rounded.format(bytes / 1000 ** step)} ${UNITS[step]}`;
}

/** One sentence without its full stop, for the page and for a line in the terminal; never words of the server. */
export function gapWords({ from, to, reason }: Gap): string {
  const size = sizeWords(to - from);
  return Object.hasOwn(REASONS, reason) ? REASONS[reason as GapReason](size) : `${size} of output are missing`;
}

/** The same where nothing else is missing: what the terminal shows is right, one can only not scroll back to before it. */
export const screenWords = ({ from, to }: Omit<Gap, 'reason'>): string =>
  `${sizeWords(to - from)} of older output are no longer kept; the screen is complete`;
