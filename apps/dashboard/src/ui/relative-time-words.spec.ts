import { expect, it } from 'vitest';
import { relativeTime } from './relative-time-words.js';

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

it.each([
  [0, 'just now'],
  [-59_999, 'just now'],
  [30_000, 'just now'],
  [-MINUTE, '1 min. ago'],
  [-59.9 * MINUTE, '59 min. ago'],
  [-60 * MINUTE, '1 hr. ago'],
  [-23.9 * 60 * MINUTE, '23 hr. ago'],
  [-24 * 60 * MINUTE, 'yesterday'],
  [-29 * 24 * 60 * MINUTE, '29 days ago'],
  [-31 * 24 * 60 * MINUTE, 'Oct 21, 2026'],
  [9 * MINUTE, 'in 9 min.'],
])('%d ms from now is %s', (from, words) => {
  expect(relativeTime(NOW + from, NOW)).toBe(words);
});
