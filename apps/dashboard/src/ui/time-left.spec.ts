import { expect, it } from 'vitest';
import { timeLeft } from './time-left.js';

it.each([
  [600_000, '10:00 min'],
  [59_001, '1:00 min'],
  [9_000, '0:09 min'],
  [1, '0:01 min'],
  [0, undefined],
  [-5_000, undefined],
  [86_399_000, '23 h 59 min'],
  [7 * 86_400_000, '7 d 0 h'],
  [3_660_000, '1 h 1 min'],
])('%d ms are %s', (ms, words) => {
  expect(timeLeft(1_000_000 + ms, 1_000_000)).toBe(words);
});
