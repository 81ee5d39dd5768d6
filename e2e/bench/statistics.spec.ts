import { describe, expect, it } from 'vitest';
import { judge, quantile, quartiles } from './statistics.js';

const goal = { must: 2, aim: 1, sense: 'at most' } as const;
const exactly = (value: number) => quartiles([value, value, value]);

describe('quantiles', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quartiles([1, 2, 3, 4, 5])).toEqual({ q25: 2, median: 3, q75: 4 });
    expect(() => quantile([], 0.5)).toThrow('no measurements');
  });
});

describe('verdicts', () => {
  it('says which goal is reached', () => {
    expect([0.9, 1.5, 2.1].map((value) => judge(exactly(value), goal))).toEqual(['aim', 'must', 'missed']);
    expect([0.9, 1.5, 2.1].map((value) => judge(exactly(value), { must: 1, aim: 2, sense: 'at least' }))).toEqual([
      'missed',
      'must',
      'aim',
    ]);
    expect(judge(exactly(1), undefined)).toBe('no goal');
  });

  it('gives none when the rounds disagree', () => {
    expect(judge({ q25: 0.5, median: 0.8, q75: 0.9 }, goal)).toBe('noisy');
  });
});
