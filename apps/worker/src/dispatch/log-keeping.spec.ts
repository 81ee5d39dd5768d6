import { SessionId, TenantId } from '@berth/protocol';
import { FakeClock } from '@berth/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { logKeeping } from './log-keeping.js';

const run = (n: number) => ({
  claim: {
    tenantId: TenantId.parse(`ten_${'0'.repeat(32)}`),
    sessionId: SessionId.parse(`ses_${String(n).padStart(32, '0')}`),
    epoch: 1,
  },
  log: {
    trims: 0,
    trim() {
      this.trims += 1;
      return Promise.resolve();
    },
  },
});

/** A keeper whose rounds take some time; the moments at which they began, in seconds, with how many runs. */
function keeping({ takesMs = 10 } = {}) {
  const clock = new FakeClock();
  const state = { runs: [run(1), run(2)], appended: 0, fails: false };
  const rounds: [number, number][] = [];
  const loop = logKeeping({
    clock,
    keeper: {
      round: async (live) => {
        rounds.push([clock.now() / 1_000, live.length]);
        await new Promise<void>((resolve) => clock.after(takesMs, resolve));
        if (state.fails) throw new Error('Redis is away');
        return { bytes: 0, dropped: 0, squeezed: 0 };
      },
    },
    runs: () => [...state.runs],
    appended: () => state.appended,
    totalBytes: 1,
    logger: pino({ enabled: false }),
  });
  loop.start();
  return { clock, state, rounds, loop };
}

describe('the keeping of the logs', () => {
  it('counts every second while the runs of this host write, and seldom while they are silent', async () => {
    const { clock, state, rounds, loop } = keeping();
    for (let second = 0; second < 5; second += 1) {
      state.appended += 1;
      await clock.run(1_050);
    }
    const busy = rounds.length;
    expect(busy).toBeGreaterThanOrEqual(5);
    await clock.run(40_000);
    expect(rounds.length - busy).toBeGreaterThanOrEqual(3);
    expect(rounds.length - busy).toBeLessThanOrEqual(5);
    expect(state.runs.map(({ log }) => log.trims)).toEqual([rounds.length, rounds.length]);
    const before = rounds.length;
    state.appended += 1;
    await clock.run(1_050);
    expect(rounds.length).toBe(before + 1);
    await loop.stop();
  });

  it('counts at once for a run that has come, and within a second for one that has gone', async () => {
    const { clock, state, rounds, loop } = keeping();
    await clock.run(3_000);
    expect(rounds.map(([, runs]) => runs)).toEqual([2]);
    state.runs.push(run(3));
    loop.wake();
    await clock.run(20);
    expect(rounds.map(([, runs]) => runs)).toEqual([2, 3]);
    state.runs.shift();
    await clock.run(1_050);
    expect(rounds.map(([, runs]) => runs)).toEqual([2, 3, 2]);
    await loop.stop();
  });

  it('takes a twentieth of the time at most, however long a round takes', async () => {
    const { clock, state, rounds, loop } = keeping({ takesMs: 500 });
    for (let tenth = 0; tenth < 400; tenth += 1) {
      state.appended += 1;
      await clock.run(100);
    }
    expect(rounds.length).toBeLessThanOrEqual(5);
    expect(rounds.length).toBeGreaterThanOrEqual(4);
    await loop.stop();
  });

  it('tries again soon when it could not be done', async () => {
    const { clock, state, rounds, loop } = keeping();
    state.fails = true;
    await clock.run(900);
    expect(rounds).toHaveLength(1);
    state.fails = false;
    await clock.run(200);
    expect(rounds).toHaveLength(2);
    await loop.stop();
  });
});
