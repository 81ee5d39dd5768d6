import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { EntryCosts, entryCost } from './entry-costs.js';

const KIB = 1024;
const STEP = 4 * KIB;

describe('what an entry costs', () => {
  // MEMORY USAGE of Redis 7.0 with jemalloc, bytes an entry.
  it.each([
    [1, 26.5],
    [8, 35.8],
    [30, 55.6],
    [100, 165.8],
    [350, 512.8],
    [1_000, 1_409.8],
    [2_000, 2_307.6],
    [2_100, 3_072.3],
    [4_096, 5_639.5],
    [8_192, 10_774.8],
    [20_000, 21_059.6],
    [32_768, 41_586.9],
    [64 * KIB - 128, 66_042.3],
  ])('is about what Redis says: %i bytes of output', (bytes, measured) => {
    expect(entryCost(bytes) / measured).toBeGreaterThan(0.93);
    expect(entryCost(bytes) / measured).toBeLessThan(1.25);
  });
});

describe('EntryCosts', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('keeps as much as the budget holds, and no more: random entries %i', (seed) => {
    const random = seededRandom(seed);
    const costs = new EntryCosts();
    const entries: { end: number; cost: number }[] = [];
    let end = 0;
    for (let count = 0; count < 2_000; count++) {
      const bytes = random.pick([1, 20, 300, random.int(1, 5_000), 64 * KIB - 128]);
      const budget = random.pick([200, 300, 300, 1_000]) * KIB;
      const start = costs.startOf(budget, bytes);
      end += bytes;
      entries.push({ end, cost: entryCost(bytes) });
      costs.trimmedTo(start);
      costs.add(end, bytes);
      while (entries[0] !== undefined && entries[0].end <= start) entries.shift();
      const kept = entries.reduce((sum, entry) => sum + entry.cost, 0);
      expect(kept).toBeLessThanOrEqual(budget);
      const largest = entryCost(64 * KIB);
      if (start > 0 && budget === 200 * KIB && entries.length > 0) expect(kept).toBeGreaterThan(budget - STEP - 2 * largest);
    }
  });

  it('begins where an entry begins, and never again behind that', () => {
    const costs = new EntryCosts();
    for (let end = 1_000; end <= 100_000; end += 1_000) costs.add(end, 1_000);
    expect(costs.startOf(Infinity)).toBe(0);
    const start = costs.startOf(32 * KIB);
    expect(start % 1_000).toBe(0);
    expect(costs.start).toBe(0);
    costs.trimmedTo(start);
    expect(costs.startOf(Infinity)).toBe(start);
    expect(costs.start).toBe(start);
    expect(costs.startOf(0)).toBe(100_000);
    expect(costs.from(100_000)).toBe(0);
    expect(costs.from(start)).toBeLessThanOrEqual(32 * KIB);
    expect(costs.from(start - 5_000)).toBe(costs.from(start));
  });

  it('counts of an entry only what lies behind the offset', () => {
    const costs = new EntryCosts();
    const base = 64 * 1024 * KIB;
    costs.add(base + 32 * KIB, 32 * KIB);
    const whole = costs.from(base);
    expect(whole).toBe(entryCost(32 * KIB));
    expect(costs.from(base + 16 * KIB)).toBe(Math.ceil(whole / 2));
    expect(costs.from(base + 32 * KIB - 2)).toBeLessThan(4);
    costs.add(base + 32 * KIB, 0);
    expect(costs.from(base + 32 * KIB)).toBe(0);
  });
});
