import { expect, it } from 'vitest';
import { gapWords, screenWords, sizeWords } from './gap-words.js';

it('says how much is missing, where the offsets tell', () => {
  expect(gapWords({ from: 10, to: 3_210_010, reason: 'pruned' })).toBe('3.21 MB of older output are no longer kept');
  expect(gapWords({ from: 0, to: 999, reason: 'slow' })).toContain('999 bytes');
  expect(gapWords({ from: 0, to: 64 * 2 ** 20, reason: 'lost' })).not.toMatch(/\d/);
  expect(gapWords({ from: 0, to: 5000, reason: '\u001b]52;c;x\u0007' })).toBe('5 kB of output are missing');
  expect(gapWords({ from: 0, to: 5, reason: 'constructor' })).toBe('5 bytes of output are missing');
});

it('says that nothing is wrong where a screen stands for what is missing', () => {
  expect(screenWords({ from: 0, to: 40_000_000 })).toBe('40 MB of older output are no longer kept; the screen is complete');
});

it('writes sizes for people', () => {
  expect([0, 1, 1000, 1500, 120_000, 999_999, 2_000_000, 16 * 2 ** 20, 3e9].map(sizeWords)).toEqual([
    '0 bytes',
    '1 byte',
    '1 kB',
    '1.5 kB',
    '120 kB',
    '1000 kB',
    '2 MB',
    '16.8 MB',
    '3 GB',
  ]);
});
