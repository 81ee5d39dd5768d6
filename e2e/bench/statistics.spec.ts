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

  it('gives none when the rounds disagree about what must hold', () => {
    expect(judge({ q25: 1.5, median: 1.9, q75: 2.5 }, goal)).toBe('noisy');
    expect(judge({ q25: 1.5, median: 1.9, q75: 2.5 }, { must: 2, aim: 3, sense: 'at least' })).toBe('noisy');
  });

  it('goes by the worse rounds when they disagree and it does not matter', () => {
    expect(judge({ q25: 0.1, median: 0.2, q75: 0.9 }, goal)).toBe('aim');
    expect(judge({ q25: 0.1, median: 0.2, q75: 1.9 }, goal)).toBe('must');
    expect(judge({ q25: 2.1, median: 3, q75: 5 }, goal)).toBe('missed');
    expect(judge({ q25: 1.5, median: 5, q75: 9 }, { must: 1, aim: 2, sense: 'at least' })).toBe('must');
  });
});
