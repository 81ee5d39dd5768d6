const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'm', seconds: 60 },
] as const;
/** From here on a date says more. */
const DATE_AFTER_S = 30 * 86_400;

/** How long ago a moment (ISO 8601) was, in one word: `now`, `5m`, `3h`, `12d`, `2026-03-01`. */
export function ago(moment: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(moment)) / 1000));
  if (seconds >= DATE_AFTER_S) return moment.slice(0, 10);
  const unit = UNITS.find((each) => seconds >= each.seconds);
  if (!unit) return seconds < 10 ? 'now' : `${String(seconds)}s`;
  return `${String(Math.floor(seconds / unit.seconds))}${unit.name}`;
}
