import { HostId, SessionId, TenantId } from '@berth/protocol';
import type { RunIdentity } from '@berth/store/leases';
import { FakeClock } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { TreeRef } from '../end-tree.js';
import { Guardian } from './guardian.js';
import type { Renewal } from './guardian.js';
import { runKey } from './messages.js';
import type { GuardianMessage } from './messages.js';

const TTL = 6_000;
const TIMING = { shortestTtlMs: TTL, renewMs: 1_000, marginMs: 1_000 };
const HOST = { hostId: HostId.parse(`hst_${'0'.repeat(32)}`), incarnation: 1 };

const run = (n: number): RunIdentity => ({
  tenantId: TenantId.parse(`ten_${'0'.repeat(32)}`),
  sessionId: SessionId.parse(`ses_${String(n).padStart(32, '0')}`),
  epoch: 1,
});
const tree = (pid: number): TreeRef => ({ pid, startTime: 1, kind: 'process-group' });

/** A guardian of a host that ticks until told otherwise, with a store that renews what `owned` names. */
function guarded() {
  const clock = new FakeClock();
  const state = { ticking: true, store: 'up' as 'up' | 'down' | 'silent', owned: [run(1)], superseded: false };
  const killed: { pid: number; at: number }[] = [];
  const told: GuardianMessage[] = [];
  const outages: boolean[] = [];
  const closed: number[] = [];
  let renewals = 0;
  let answer: (renewal: Renewal) => void = () => {};
  const guardian = new Guardian({
    clock,
    timing: TIMING,
    renew: () => {
      renewals += 1;
      if (state.store === 'down') return Promise.reject(new Error('away'));
      if (state.superseded) return Promise.resolve('superseded');
      const renewal = state.owned.map((each) => ({ ...each, desired: null, leaseMs: TTL }));
      if (state.store === 'up') return Promise.resolve(renewal);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    kill: (each) => killed.push({ pid: each.pid, at: clock.now() }),
    close: () => {
      if (state.store === 'down') return Promise.reject(new Error('away'));
      closed.push(clock.now());
      return Promise.resolve();
    },
    tell: (message) => told.push(message),
    storeAway: (away) => outages.push(away),
  });
  const tick = (): void => {
    if (state.ticking) guardian.receive({ type: 'tick', at: clock.now() });
    clock.after(500, tick);
  };
  tick();
  guardian.receive({ type: 'hold', run: run(1), deadline: TTL - TIMING.marginMs });
  guardian.receive({ type: 'tree', run: run(1), tree: tree(11) });
  guardian.receive({ type: 'serve', host: HOST });
  return { clock, state, killed, closed, told, outages, guardian, answer: (renewal: Renewal) => answer(renewal), renewals: () => renewals };
}

describe('Guardian', () => {
  it('renews once a period while the main loop ticks, and kills nothing', async () => {
    const { clock, killed, renewals, told } = guarded();
    await clock.run(60_000);
    expect(killed).toEqual([]);
    expect(renewals()).toBeGreaterThan(50);
    expect(renewals()).toBeLessThanOrEqual(61);
    expect(told.at(-1)).toMatchObject({ type: 'renewed', lost: [], leases: [{ key: runKey(run(1)), desired: null }] });
  });

  it('tells a host with many runs of all of them, a part at a time', async () => {
    const { clock, state, told, guardian } = guarded();
    state.owned = Array.from({ length: 250 }, (_, index) => run(index + 1));
    for (const each of state.owned) guardian.receive({ type: 'hold', run: each, deadline: TTL });
    await clock.run(TIMING.renewMs);
    told.length = 0;
    await clock.run(TIMING.renewMs);
    const parts = told.map((message) => (message.type === 'renewed' ? message.leases.map(({ key }) => key) : []));
    expect(parts.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(parts.flat()).toEqual(state.owned.map(runKey));
  });

  it('tolerates a main loop that is silent for three seconds', async () => {
    const { clock, state, killed } = guarded();
    await clock.run(10_000);
    state.ticking = false;
    await clock.run(3_000);
    state.ticking = true;
    await clock.run(10_000);
    expect(killed).toEqual([]);
  });

  it('kills at the deadline of the last renewal when the main loop stays silent', async () => {
    const { clock, state, killed, told } = guarded();
    await clock.run(10_250);
    state.ticking = false;
    await clock.run(20_000);
    expect(killed).toHaveLength(1);
    // Silent from 10.0 s on: renewed until 12.0 s at most, hence dead by 12.0 + 6 - 1, and not before the last promise ran out.
    expect(killed[0]?.at).toBeGreaterThanOrEqual(15_000);
    expect(killed[0]?.at).toBeLessThanOrEqual(17_100);
    expect(told.at(-1)).toEqual({ type: 'overdue', runs: [run(1)] });
  });

  it('kills at the deadline when renewals fail, and tells of the outage once', async () => {
    const { clock, state, killed, closed, outages } = guarded();
    await clock.run(10_000);
    state.store = 'down';
    await clock.run(5_200);
    expect(killed).toHaveLength(1);
    await clock.run(5_000);
    expect(outages).toEqual([true]);
    expect(closed).toEqual([]);
    state.store = 'up';
    await clock.run(5_000);
    expect(outages).toEqual([true, false]);
    expect(closed).toHaveLength(1);
  });

  it('counts a deadline from when the renewal was sent, however late the answer comes', async () => {
    const { clock, state, killed, answer } = guarded();
    await clock.run(500);
    state.store = 'silent';
    await clock.run(4_000);
    answer([{ ...run(1), desired: null, leaseMs: TTL }]);
    state.store = 'down';
    await clock.run(1_400);
    expect(killed).toEqual([]);
    await clock.run(200);
    expect(killed).toEqual([{ pid: 11, at: 6_000 }]);
  });

  it('checks deadlines before it renews when it wakes from a stop of its own', async () => {
    const { clock, killed, renewals, guardian } = guarded();
    await clock.run(2_050);
    const before = renewals();
    clock.sleep(60_000);
    guardian.receive({ type: 'tick', at: clock.now() });
    clock.advance(0);
    expect(killed).toHaveLength(1);
    expect(renewals()).toBeLessThanOrEqual(before + 1);
  });

  it('kills a tree whose run was lost to somebody else, and says so', async () => {
    const { clock, state, killed, told } = guarded();
    await clock.run(2_000);
    state.owned = [];
    await clock.run(1_100);
    expect(killed.map(({ pid }) => pid)).toEqual([11]);
    expect(told.some((message) => message.type === 'renewed' && message.lost.length === 1)).toBe(true);
  });

  it('does not call a run lost that was claimed while a renewal was under way', async () => {
    const { clock, state, told, guardian, answer } = guarded();
    await clock.run(500);
    state.store = 'silent';
    await clock.run(1_000);
    guardian.receive({ type: 'hold', run: run(2), deadline: clock.now() + 5_000 });
    answer([{ ...run(1), desired: null, leaseMs: TTL }]);
    await clock.run(0);
    expect(told.at(-1)).toMatchObject({ type: 'renewed', lost: [] });
  });

  it('renews at once when a command waits, and once more when one came meanwhile', async () => {
    const { clock, state, guardian, renewals, answer } = guarded();
    await clock.run(100);
    expect(renewals()).toBe(1);
    state.store = 'silent';
    guardian.receive({ type: 'look' });
    guardian.receive({ type: 'look' });
    expect(renewals()).toBe(2);
    answer([{ ...run(1), desired: 'closed', leaseMs: TTL }]);
    await clock.run(200);
    expect(renewals()).toBe(3);
  });

  it('kills a tree that appears after its lease has ended', async () => {
    const { guardian, killed } = guarded();
    guardian.receive({ type: 'tree', run: run(3), tree: tree(33) });
    expect(killed.map(({ pid }) => pid)).toEqual([33]);
  });

  it('ends and closes a run that its host has abandoned, at once or when the store is back', async () => {
    const { clock, state, guardian, killed, closed } = guarded();
    await clock.run(100);
    state.store = 'down';
    guardian.receive({ type: 'abandon', run: run(1) });
    await clock.run(2_000);
    expect(killed.map(({ pid }) => pid)).toEqual([11]);
    expect(closed).toEqual([]);
    state.store = 'up';
    state.owned = [];
    await clock.run(2_000);
    expect(closed).toHaveLength(1);
  });

  it('kills everything when the host is gone, and all but what was released', async () => {
    const { guardian, killed, clock } = guarded();
    guardian.receive({ type: 'hold', run: run(2), deadline: 5_000 });
    guardian.receive({ type: 'tree', run: run(2), tree: tree(22) });
    guardian.receive({ type: 'release', run: run(1) });
    guardian.killAll();
    await clock.run(60_000);
    expect(killed.map(({ pid }) => pid)).toEqual([22]);
  });

  it('kills everything and says so when a newer incarnation is registered', async () => {
    const { clock, state, killed, told } = guarded();
    state.superseded = true;
    await clock.run(1_500);
    expect(killed.map(({ pid }) => pid)).toEqual([11]);
    expect(told.at(-1)).toEqual({ type: 'superseded' });
  });
});
