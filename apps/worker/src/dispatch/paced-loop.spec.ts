import { FakeClock } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { PacedLoop } from './paced-loop.js';

function paced() {
  const clock = new FakeClock();
  const runs: number[] = [];
  const events: string[] = [];
  const state = { failing: false, release: undefined as (() => void) | undefined, hold: false };
  const loop = new PacedLoop({
    clock,
    periodMs: 1_000,
    longestPauseMs: 5_000,
    job: async () => {
      runs.push(clock.now());
      if (state.failing) throw new Error('away');
      if (state.hold)
        await new Promise<void>((resolve) => {
          state.release = resolve;
        });
    },
    outage: () => events.push('outage'),
    recovered: () => events.push('recovered'),
  });
  return { clock, runs, events, state, loop };
}

describe('PacedLoop', () => {
  it('runs at once, every period, and when woken', async () => {
    const { clock, runs, loop } = paced();
    loop.start();
    await clock.run(1_500);
    loop.wake();
    await clock.run(1_000);
    expect(runs).toEqual([0, 1_000, 1_500, 2_500]);
    await loop.stop();
    expect(clock.pending).toBe(0);
  });

  it('runs once more, not twice at a time, when woken during a run', async () => {
    const { clock, runs, state, loop } = paced();
    state.hold = true;
    loop.start();
    await clock.run(10);
    loop.wake();
    loop.wake();
    expect(runs).toEqual([0]);
    state.hold = false;
    state.release?.();
    await clock.run(10);
    expect(runs).toEqual([0, 10]);
    await loop.stop();
  });

  it('backs off while the job fails and speaks once for each outage', async () => {
    const { clock, runs, events, state, loop } = paced();
    state.failing = true;
    loop.start();
    await clock.run(8_000);
    loop.wake();
    expect(runs).toEqual([0, 1_000, 3_000, 7_000]);
    state.failing = false;
    await clock.run(4_500);
    expect(runs.slice(4)).toEqual([12_000]);
    expect(events).toEqual(['outage', 'recovered']);
    await loop.stop();
  });

  it('does nothing after its stop, which waits for the run under way', async () => {
    const { clock, runs, state, loop } = paced();
    state.hold = true;
    loop.start();
    await clock.run(0);
    const stopped = loop.stop();
    loop.wake();
    state.release?.();
    await stopped;
    await clock.run(5_000);
    expect(runs).toEqual([0]);
  });
});
