import { FakeClock, seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { Coalescer } from './coalescer.js';
import { COALESCE_BYTES, COALESCE_MS, QUIET_BYTES, QUIET_WINDOW_MS } from './limits.js';

function coalescer() {
  const clock = new FakeClock();
  const flushes: number[] = [];
  return { clock, flushes, subject: new Coalescer(clock, () => flushes.push(clock.now())) };
}

describe('Coalescer', () => {
  it('lets keystrokes through at once', () => {
    const { clock, flushes, subject } = coalescer();
    for (let i = 0; i < 10; i++) {
      subject.add(20);
      clock.advance(5);
    }
    expect(flushes).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
    expect(clock.pending).toBe(0);
  });

  it('gathers busy output for some milliseconds, and is quick again after a pause', () => {
    const { clock, flushes, subject } = coalescer();
    subject.add(QUIET_BYTES);
    expect(flushes).toEqual([]);
    subject.add(100);
    clock.advance(COALESCE_MS);
    expect(flushes).toEqual([COALESCE_MS]);
    clock.advance(3 * QUIET_WINDOW_MS);
    subject.add(20);
    expect(flushes).toHaveLength(2);
  });

  it('sends a full message without waiting, and never one that is too large', () => {
    const messages: number[] = [];
    let pending = 0;
    const subject = new Coalescer(new FakeClock(), () => {
      messages.push(pending);
      pending = 0;
    });
    for (let i = 0; i < 100; i++) {
      subject.makeRoom(4_095);
      pending += 4_095;
      subject.add(4_095);
    }
    expect(messages).toEqual([4_095, ...Array<number>(6).fill(16 * 4_095)]);
    expect(Math.max(...messages)).toBeLessThanOrEqual(COALESCE_BYTES);
  });

  it('delays nothing by more than its limit, on any schedule', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const clock = new FakeClock();
      let oldest: number | undefined;
      const subject = new Coalescer(clock, () => {
        if (oldest !== undefined) expect(clock.now() - oldest).toBeLessThanOrEqual(COALESCE_MS);
        oldest = undefined;
      });
      for (let i = 0; i < 300; i++) {
        oldest ??= clock.now();
        subject.add(random.pick([1, 100, 5_000, 70_000]));
        clock.advance(random.pick([0, 0, 0.5, 1, 3, 20]));
      }
      clock.advance(COALESCE_MS);
      expect(oldest).toBeUndefined();
      expect(clock.pending).toBe(0);
    }
  });
});
