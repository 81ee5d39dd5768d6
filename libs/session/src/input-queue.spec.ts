import { INPUT_QUEUE_BYTES } from '@berth/protocol';
import { FakeClock, seededBytes, seededRandom, verifySeeded } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { InputQueue } from './input-queue.js';
import { INPUT_BACKOFF_MS } from './limits.js';

function queue() {
  const clock = new FakeClock();
  const program = { room: Infinity, read: [] as number[], calls: 0 };
  const subject = new InputQueue({
    clock,
    write: (bytes) => {
      program.calls++;
      const taken = Math.min(program.room, bytes.length);
      program.room -= taken;
      program.read.push(...bytes.subarray(0, taken));
      return taken;
    },
  });
  return { clock, program, subject };
}

describe('InputQueue', () => {
  it('writes at once to a program that reads', () => {
    const { clock, program, subject } = queue();
    subject.open();
    expect(subject.push(Uint8Array.of(1, 2, 3))).toBe(true);
    expect(program.read).toEqual([1, 2, 3]);
    expect(subject.bytes).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('keeps what comes before the program runs', () => {
    const { program, subject } = queue();
    subject.push(Uint8Array.of(1));
    subject.push(Uint8Array.of(2));
    expect(program.read).toEqual([]);
    subject.open();
    expect(program.read).toEqual([1, 2]);
  });

  it('takes a whole piece or nothing', () => {
    const { program, subject } = queue();
    program.room = 0;
    subject.open();
    expect(subject.push(new Uint8Array(INPUT_QUEUE_BYTES))).toBe(true);
    expect(subject.push(new Uint8Array(1))).toBe(false);
    expect(subject.bytes).toBe(INPUT_QUEUE_BYTES);
  });

  it('backs off while the program does not read, and never spins', () => {
    const { clock, program, subject } = queue();
    program.room = 0;
    subject.open();
    subject.push(new Uint8Array(100));
    clock.advance(60_000);
    expect(program.calls).toBeLessThanOrEqual(60_000 / INPUT_BACKOFF_MS.last + 5);
    program.room = Infinity;
    clock.advance(INPUT_BACKOFF_MS.last);
    expect(program.read).toHaveLength(100);
    expect(clock.pending).toBe(0);
  });

  it('keeps every byte in order on any schedule of partial reads', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed);
      const { clock, program, subject } = queue();
      program.room = 0;
      subject.open();
      let sent = 0;
      for (let i = 0; i < 200; i++) {
        const piece = seededBytes(seed, sent, random.pick([0, 1, 30, 3_000]));
        if (subject.push(piece)) sent += piece.length;
        program.room = random.pick([0, 0, 1, 100, 10_000]);
        clock.advance(random.int(0, 60));
      }
      program.room = Infinity;
      clock.advance(100);
      expect(program.read).toHaveLength(sent);
      expect(verifySeeded(seed, 0, Uint8Array.from(program.read))).toBe(-1);
    }
  });

  it('writes nothing once stopped', () => {
    const { clock, program, subject } = queue();
    program.room = 0;
    subject.open();
    subject.push(new Uint8Array(5));
    subject.stop();
    program.room = Infinity;
    clock.advance(1_000);
    expect(subject.push(new Uint8Array(5))).toBe(false);
    expect(program.read).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
