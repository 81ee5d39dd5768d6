import { ACK_STEP } from '@berth/protocol';
import { FakeClock, seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { FlowControl } from './flow-control.js';
import { LOST_GRACE_MS, PACE_HIGH, PACE_LOW, SILENT_MS, UNATTENDED_BURST, UNATTENDED_RATE } from './limits.js';

const BASE = 1_000_000;

function flow() {
  const clock = new FakeClock();
  const state = { paused: false, end: BASE };
  const subject = new FlowControl({
    clock,
    base: BASE,
    setPaused: (paused) => {
      expect(paused).not.toBe(state.paused);
      state.paused = paused;
    },
  });
  const produce = (count: number) => subject.produced((state.end += count));
  return { clock, state, subject, produce };
}

/** Lets the program write 4 KiB at a time whenever it may, for `ms`; how much it wrote. */
function runFor(ms: number, { clock, state, produce }: ReturnType<typeof flow>): number {
  const before = state.end;
  for (let i = 0; i < ms; i++) {
    for (let n = 0; n < 100 && !state.paused; n++) produce(4096);
    clock.advance(1);
  }
  return state.end - before;
}

describe('FlowControl', () => {
  it('pauses at the high mark and goes on at the low mark', () => {
    const { state, subject, produce } = flow();
    const viewer = {};
    subject.acknowledge(viewer, BASE);
    produce(PACE_HIGH - 1);
    expect(state.paused).toBe(false);
    produce(1);
    expect(state.paused).toBe(true);
    subject.acknowledge(viewer, state.end - PACE_LOW - 1);
    expect(state.paused).toBe(true);
    subject.acknowledge(viewer, state.end - PACE_LOW);
    expect(state.paused).toBe(false);
  });

  it('always goes on for a viewer that acknowledges in steps only', () => {
    const { state, subject, produce } = flow();
    const viewer = {};
    subject.acknowledge(viewer, BASE);
    for (let round = 0; round < 50; round++) {
      while (!state.paused) produce(60_000);
      for (let at = BASE; at + ACK_STEP <= state.end; at += ACK_STEP) subject.acknowledge(viewer, at + ACK_STEP);
      expect(state.paused).toBe(false);
    }
  });

  it('is paced by the fastest', () => {
    const { state, subject, produce } = flow();
    const slow = {};
    const fast = {};
    subject.acknowledge(slow, BASE);
    subject.acknowledge(fast, BASE);
    produce(PACE_HIGH);
    expect(state.paused).toBe(true);
    subject.acknowledge(fast, state.end);
    expect(state.paused).toBe(false);
    subject.release(fast, 'left');
    expect(state.paused).toBe(true);
  });

  it('stops waiting for a viewer that owes an acknowledgement and is silent', () => {
    const { clock, state, subject, produce } = flow();
    subject.acknowledge({}, BASE);
    produce(PACE_HIGH);
    clock.advance(SILENT_MS - 1);
    expect(state.paused).toBe(true);
    clock.advance(1);
    expect(state.paused).toBe(false);
    expect(clock.pending).toBe(0);
    produce(1_000);
    expect(state.paused).toBe(false);
  });

  it('does not call silent who has little to acknowledge', () => {
    const { clock, state, subject, produce } = flow();
    subject.acknowledge({}, BASE);
    produce(ACK_STEP - 1);
    clock.advance(10 * SILENT_MS);
    produce(PACE_HIGH);
    expect(state.paused).toBe(true);
  });

  it('is paced again by a silent viewer that comes back', () => {
    const { clock, state, subject, produce } = flow();
    const viewer = {};
    subject.acknowledge(viewer, BASE);
    produce(PACE_HIGH);
    clock.advance(SILENT_MS);
    produce(100_000);
    subject.acknowledge(viewer, BASE + ACK_STEP);
    expect(state.paused).toBe(true);
    subject.acknowledge(viewer, state.end);
    expect(state.paused).toBe(false);
  });

  it('waits a grace for a viewer that was cut off, not for one that left', () => {
    for (const how of ['lost', 'left'] as const) {
      const { clock, state, subject, produce } = flow();
      const viewer = {};
      subject.acknowledge(viewer, BASE);
      produce(PACE_HIGH);
      subject.release(viewer, how);
      expect(state.paused).toBe(how === 'lost');
      clock.advance(LOST_GRACE_MS - 1);
      expect(state.paused).toBe(how === 'lost');
      clock.advance(1);
      expect(state.paused).toBe(false);
      expect(clock.pending).toBe(0);
    }
  });

  it('hands over from a lost viewer to the one that takes its place', () => {
    const { clock, state, subject, produce } = flow();
    const before = {};
    const after = {};
    subject.acknowledge(before, BASE);
    produce(PACE_HIGH);
    subject.release(before, 'lost');
    clock.advance(2_000);
    subject.acknowledge(after, BASE + ACK_STEP);
    expect(state.paused).toBe(true);
    subject.acknowledge(after, state.end);
    expect(state.paused).toBe(false);
    clock.advance(LOST_GRACE_MS);
    produce(PACE_HIGH);
    expect(state.paused).toBe(true);
  });

  it('gives a program that nobody watches its own pace', () => {
    const subject = flow();
    const seconds = 10;
    const written = runFor(seconds * 1000, subject);
    const allowed = seconds * UNATTENDED_RATE + UNATTENDED_BURST;
    expect(written).toBeLessThan(allowed * 1.02);
    expect(written).toBeGreaterThan(seconds * UNATTENDED_RATE * 0.9);
  });

  it('does not charge the unattended budget for what viewers paced', () => {
    const { clock, state, subject, produce } = flow();
    const viewer = {};
    subject.acknowledge(viewer, BASE);
    for (let i = 0; i < 1000; i++) {
      produce(64 * 1024);
      subject.acknowledge(viewer, state.end);
    }
    subject.release(viewer, 'left');
    produce(1);
    expect(state.paused).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('never leaves the program paused for good, whatever viewers do', () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed);
      const subject = flow();
      const viewers = [{}, {}, {}];
      for (let i = 0; i < 400; i++) {
        const viewer = random.pick(viewers);
        if (!subject.state.paused) subject.produce(random.int(1, 100_000));
        if (random.chance(0.4)) subject.subject.acknowledge(viewer, random.int(BASE, subject.state.end + 1000));
        if (random.chance(0.05)) subject.subject.release(viewer, random.pick(['lost', 'left']));
        subject.clock.advance(random.pick([0, 1, 10, 1000]));
      }
      subject.clock.advance(SILENT_MS + LOST_GRACE_MS + 30_000);
      expect(subject.state.paused, `seed ${seed}`).toBe(false);
      expect(subject.clock.pending).toBe(0);
    }
  });
});
