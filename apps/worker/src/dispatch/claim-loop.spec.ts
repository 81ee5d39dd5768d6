import { HostId, SessionId, TenantId } from '@berth/protocol';
import type { ClaimedRun } from '@berth/store/leases';
import { FakeClock } from '@berth/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { claimLoop } from './claim-loop.js';

const host = { hostId: HostId.parse(`hst_${'0'.repeat(32)}`), incarnation: 1 };
const claim = (n: number): ClaimedRun => ({
  tenantId: TenantId.parse(`ten_${'0'.repeat(32)}`),
  sessionId: SessionId.parse(`ses_${String(n).padStart(32, '0')}`),
  epoch: 1,
  kind: 'terminal',
  title: 'a session',
  command: ['true'],
  model: null,
  permissionMode: null,
  cols: 80,
  rows: 24,
  workspacePath: null,
  traceparent: null,
  base: 0,
  limit: 100,
  leaseMs: 6_000,
});

/** A store that answers claims after 100 ms, or loses its answer on the way. */
function claiming() {
  const clock = new FakeClock();
  const state = { queued: [claim(1)], claimed: [] as ClaimedRun[], losesAnswers: false, free: 3 };
  const accepted: { n: string; sentAt: number }[] = [];
  const limits: number[] = [];
  const after = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
  const loop = claimLoop({
    clock,
    leases: {
      claimNext: async (_, { limit }) => {
        limits.push(limit);
        await after(100);
        const taken = state.queued.splice(0, limit);
        state.claimed.push(...taken);
        if (state.losesAnswers) throw new Error('the connection broke');
        return taken;
      },
      claims: () => Promise.resolve(state.claimed),
    },
    host,
    ttl: { agent: 6, terminal: 6 },
    logger: pino({ enabled: false }),
    freeSlots: () => state.free,
    accept: ({ sessionId }, sentAt) => accepted.push({ n: sessionId.slice(-1), sentAt }),
  });
  return { clock, state, accepted, limits, loop };
}

describe('claimLoop', () => {
  it('hands on what it claims with the time at which it asked, not that of the answer', async () => {
    const { clock, accepted, loop } = claiming();
    loop.start();
    await clock.run(500);
    expect(accepted).toEqual([{ n: '1', sentAt: 0 }]);
    await loop.stop();
  });

  it('asks for no more than it has slots, and not at all without one', async () => {
    const { clock, state, limits, loop } = claiming();
    loop.start();
    await clock.run(500);
    state.free = 0;
    await clock.run(5_000);
    expect(limits).toEqual([3]);
    await loop.stop();
  });

  it('takes up what it was given when the answer was lost', async () => {
    const { clock, state, accepted, loop } = claiming();
    state.losesAnswers = true;
    loop.start();
    await clock.run(500);
    expect(accepted).toEqual([]);
    state.losesAnswers = false;
    await clock.run(1_500);
    expect(accepted).toEqual([{ n: '1', sentAt: 1_100 }]);
    await loop.stop();
  });
});
