import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { MIN_RUN_BYTES, maxMinShares, shareLog } from './log-shares.js';
import type { LogShares, RunUsage } from './log-shares.js';

const MIB = 1024 * 1024;
const LIMITS = { totalBytes: 128 * MIB, runBytes: 16 * MIB };
/** What is given away of that. */
const GIVEN = 120 * MIB;

let count = 0;
const run = (tenantId: string, mib: number, closedMs?: number): RunUsage => ({
  key: `${tenantId} ${count++}`,
  tenantId,
  bytes: Math.round(mib * MIB),
  closedMs,
});
const total = (runs: readonly RunUsage[]) => runs.reduce((sum, { bytes }) => sum + bytes, 0);
const budget = (shares: LogShares, { key }: RunUsage) => shares.budgets.get(key) ?? NaN;

describe('maxMinShares', () => {
  it.each([
    [10, [1, 2, 3], [1, 2, 3]],
    [6, [1, 9, 9], [1, 2.5, 2.5]],
    [9, [9, 9, 9], [3, 3, 3]],
    [0, [1], [0]],
    [5, [], []],
  ])('of %i among %j is %j', (sum, wanted, shares) => {
    expect(maxMinShares(sum, wanted)).toEqual(shares);
  });
});

describe('the shares of the log', () => {
  it('are whole budgets while there is room', () => {
    const runs = [run('a', 3), run('b', 0), run('b', 12, 1_000)];
    const shares = shareLog(runs, { ...LIMITS, totalBytes: 1024 * MIB });
    expect(shares.drop).toEqual([]);
    expect([...shares.budgets.values(), shares.newRun]).toEqual([16 * MIB, 16 * MIB, 16 * MIB]);
  });

  it('take from the tenant above its part alone: closed logs first, the oldest before the others', () => {
    const light = [run('light', 10), run('light', 20, 9_000_000)];
    const closed = Array.from({ length: 10 }, (_, age) => run('heavy', 10, age * 1_000));
    const live = run('heavy', 4);
    const shares = shareLog([...closed, live, ...light], LIMITS);
    const kept = closed.length - shares.drop.length;
    expect(shares.drop).toEqual(closed.slice(kept));
    expect(kept).toBeGreaterThan(5);
    expect(budget(shares, live)).toBeGreaterThanOrEqual(9 * MIB);
  });

  it('take from live runs only when no closed log is left, and from the largest', () => {
    const closed = [run('heavy', 1, 5_000)];
    const live = Array.from({ length: 12 }, () => run('heavy', 16));
    const small = run('heavy', 1);
    const light = run('light', 6);
    const shares = shareLog([...closed, ...live, small, light], LIMITS);
    expect(shares.drop).toEqual(closed);
    expect(budget(shares, small)).toBeGreaterThanOrEqual(3 * MIB);
    expect(budget(shares, light)).toBeGreaterThanOrEqual(13 * MIB);
    for (const each of live) expect(budget(shares, each)).toBeCloseTo((GIVEN - 13 * MIB - 3 * MIB) / 12, -3);
  });

  it('never go below what shows a screen', () => {
    const live = Array.from({ length: 500 }, () => run('a', 1));
    for (const each of live) expect(budget(shareLog(live, LIMITS), each)).toBe(MIN_RUN_BYTES);
  });

  it('let a tenant grow to its part within a few rounds, whatever another one holds', () => {
    const heavy = Array.from({ length: 20 }, () => run('heavy', 16));
    const other = Array.from({ length: 5 }, () => run('other', 0));
    for (let round = 0; round < 8; round++) {
      const shares = shareLog([...heavy, ...other], LIMITS);
      // Each writes as much as it may.
      for (const each of [...heavy, ...other]) each.bytes = budget(shares, each);
    }
    expect(total(other)).toBeCloseTo(GIVEN / 2, -4);
    expect(total(heavy)).toBeCloseTo(GIVEN / 2, -4);
  });

  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'stay within the total, whatever each run does with its budget: %i',
    (seed) => {
      const random = seededRandom(seed);
      let runs: RunUsage[] = [];
      for (let round = 0; round < 60; round++) {
        const shares = shareLog(runs, LIMITS);
        const live = runs.filter(({ closedMs }) => closedMs === undefined);
        // No tenant gives anything while it has no more than an equal part.
        const tenants = new Set(runs.map(({ tenantId }) => tenantId));
        for (const { tenantId } of shares.drop) {
          const own = runs.filter((each) => each.tenantId === tenantId);
          const wanted = own.reduce((sum, { bytes, closedMs }) => sum + bytes + (closedMs === undefined ? bytes + MIN_RUN_BYTES : 0), 0);
          expect(wanted).toBeGreaterThan(GIVEN / tenants.size);
        }
        expect(shareLog(runs, LIMITS)).toEqual(shares);
        runs = runs.filter((each) => !shares.drop.includes(each));
        for (const each of live) {
          each.bytes = Math.min(Math.floor(budget(shares, each)), each.bytes + random.pick([0, 0, MIB, 16 * MIB]));
          if (random.chance(0.2)) each.closedMs = 0;
        }
        for (const each of runs) if (each.closedMs !== undefined) each.closedMs += 1_000;
        for (let add = random.int(0, 3); add > 0 && live.length < 40; add--)
          runs.push(run(`tenant ${random.int(1, 4)}`, (random.next() * shares.newRun) / MIB));
        expect(total(runs)).toBeLessThanOrEqual(LIMITS.totalBytes);
      }
    },
  );
});
