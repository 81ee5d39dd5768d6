import { describe, expect, it } from 'vitest';
import { byDay, short, sumOf, workTokens } from './usage-sums.js';

const row = (day: string, model: string, tokens: number) => ({
  day,
  model,
  requests: 1,
  inputTokens: tokens,
  outputTokens: tokens,
  cacheReadTokens: 10 * tokens,
  cacheWriteTokens: 1,
});

describe('usage', () => {
  const rows = [row('2026-11-21', 'a', 100), row('2026-11-21', 'b', 10), row('2026-11-19', 'a', 1)];

  it('adds up', () => {
    expect(sumOf(rows)).toEqual({ requests: 3, inputTokens: 111, outputTokens: 111, cacheReadTokens: 1110, cacheWriteTokens: 3 });
    expect(workTokens(sumOf(rows))).toBe(225);
  });

  it('shows each day, also the empty ones, in order, by UTC', () => {
    const days = byDay(rows, Date.parse('2026-11-21T23:59:59Z'), 3);
    expect(days.map(({ day, sum }) => [day, sum.requests])).toEqual([
      ['2026-11-19', 1],
      ['2026-11-20', 0],
      ['2026-11-21', 2],
    ]);
  });

  it('is short', () => {
    expect([0, 999, 1234, 5_600_000].map(short)).toEqual(['0', '999', '1.2K', '5.6M']);
  });
});
