const SECOND = 1_000;
const STEPS: readonly [limit: number, unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  [60 * 60 * SECOND, 'minute', 60 * SECOND],
  [24 * 60 * 60 * SECOND, 'hour', 60 * 60 * SECOND],
  [30 * 24 * 60 * 60 * SECOND, 'day', 24 * 60 * 60 * SECOND],
];

const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const dates = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });

/** How far `at` lies from `now` (both in milliseconds) in words; a date when it is more than a month. A clock that goes ahead of ours is no future. */
export function relativeTime(at: number, now: number): string {
  const ahead = at - now;
  if (Math.abs(ahead) < 60 * SECOND) return 'just now';
  for (const [limit, unit, ms] of STEPS) if (Math.abs(ahead) < limit) return format.format(Math.trunc(ahead / ms), unit);
  return dates.format(at);
}
