import { ACK_STEP } from '@berth/protocol';
import { FakeClock, seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { FlowControl } from './flow-control.js';
import {
  ATTENDED_BURST,
  ATTENDED_RATE,
  LOST_GRACE_MS,
  PACE_HIGH,
  PACE_LOW,
  SILENT_MS,
  UNATTENDED_BURST,
  UNATTENDED_RATE,
} from './limits.js';

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
    const { clock, state, subject, produce } = flow();
    const viewer = {};
    subject.acknowledge(viewer, BASE);
    for (let round = 0; round < 50; round++) {
      while (!state.paused) produce(60_000);
      for (let at = BASE; at + ACK_STEP <= state.end; at += ACK_STEP) subject.acknowledge(viewer, at + ACK_STEP);
      // Not held for its speed either.
      clock.advance(100);
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

  it('is paced by who is left of a group when its furthest has gone', () => {
    const { clock, state, subject, produce } = flow();
    const gateway = {};
    subject.acknowledge(gateway, BASE);
    produce(PACE_HIGH - 1);
    subject.acknowledge(gateway, state.end);
    clock.advance(SILENT_MS - 1);
    produce(ACK_STEP);
    // The next one is far behind, and takes its time: a step every second.
    for (let at = BASE; at + PACE_LOW < state.end; at += ACK_STEP) {
      subject.acknowledge(gateway, at);
      clock.advance(1_000);
      expect(state.paused).toBe(true);
    }
    subject.acknowledge(gateway, state.end);
    expect(state.paused).toBe(false);
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

  it('takes a trickle of acknowledgements for silence', () => {
    const { clock, state, subject, produce } = flow();
    const viewer = {};
    subject.acknowledge(viewer, BASE);
    produce(PACE_HIGH);
    for (let ms = 0; ms < SILENT_MS; ms += 100) {
      expect(state.paused).toBe(true);
      subject.acknowledge(viewer, BASE + 1 + ms);
      clock.advance(100);
    }
    expect(state.paused).toBe(false);
    // A whole step is a sign of life, however it came about.
    produce(ACK_STEP);
    subject.acknowledge(viewer, BASE + ACK_STEP);
    expect(state.paused).toBe(true);
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

  it('holds a flood at the top speed, however fast its viewers are, and lets a burst through', () => {
    const subject = flow();
    const viewer = {};
    subject.subject.acknowledge(viewer, BASE);
    const before = subject.state.end;
    for (let i = 0; i < 5_000; i++) {
      for (let n = 0; n < 100 && !subject.state.paused; n++) {
        subject.produce(4096);
        subject.subject.acknowledge(viewer, subject.state.end);
      }
      if (i === 0) expect(subject.state.end - before).toBeGreaterThan(300_000);
      subject.clock.advance(1);
    }
    const written = subject.state.end - before;
    expect(written).toBeLessThan((5 * ATTENDED_RATE + ATTENDED_BURST) * 1.02);
    expect(written).toBeGreaterThan(5 * ATTENDED_RATE * 0.9);
  });

  it('does not charge the unattended budget for what viewers paced', () => {
    const { clock, state, subject, produce } = flow();
    const viewer = {};
    subject.acknowledge(viewer, BASE);
    for (let i = 0; i < 1000; i++) {
      produce(64 * 1024);
      subject.acknowledge(viewer, state.end);
      clock.advance(2);
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
