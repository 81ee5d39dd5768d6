import { describe, expect, it } from 'vitest';
import { BackOff } from './back-off.mjs';

describe('back-off', () => {
  it('doubles up to its limit', () => {
    const backOff = new BackOff(() => 1);
    const waits = Array.from({ length: 9 }, () => backOff.next(10));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('starts again after a long run', () => {
    const backOff = new BackOff(() => 1);
    backOff.next(10);
    backOff.next(10);
    expect(backOff.next(60_000)).toBe(250);
  });

  it('varies between half and whole', () => {
    expect(new BackOff(() => 0).next(0)).toBe(125);
    expect(new BackOff(() => 0.5).next(0)).toBe(188);
  });
});
