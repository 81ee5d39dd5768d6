import { FakeClock, seededBytes, seededRandom, verifySeeded } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { sequenceBase } from './ports.js';
import { LOG_BATCH_BYTES, LOG_BATCH_MS, LOG_DRAIN_MS, LOG_STALL_MS, PAUSE_HEADROOM } from './limits.js';
import { LogWriter } from './log-writer.js';
import { OutputRing } from './output-ring.js';
import { SizeHistory } from './size-history.js';

const SEED = 21;
const RING = 2 * 1024 * 1024;
const CHUNK = 64 * 1024;

/** A log that takes what it is given when, and as, the test says. */
function writer() {
  const clock = new FakeClock();
  const ring = new OutputRing(0, RING, CHUNK);
  const sizes = new SizeHistory({ base: 0, epoch: 1 }, { cols: 80, rows: 24 });
  const state = {
    paused: false,
    pausedMs: 0,
    lease: true,
    fenced: 0,
    away: false,
    answerLost: false,
    delayMs: 0,
    answer: 'ok' as 'ok' | 'fenced',
  };
  const entries: { end: number; bytes: Uint8Array; size: string }[] = [];
  /** `<end>` and `<offset> <cols>x<rows>` in the order of the log. */
  const order: string[] = [];
  let open = 0;
  let pausedAt = 0;
  const taken = async (): Promise<void> => {
    expect(open).toBe(0);
    open++;
    if (state.delayMs > 0) await new Promise<void>((resolve) => clock.after(state.delayMs, resolve));
    open--;
    if (state.away) throw new Error('away');
  };
  const subject = new LogWriter({
    ring,
    ringBytes: RING,
    clock,
    sizes,
    mayAct: () => state.lease,
    setPaused: (paused) => {
      expect(paused).not.toBe(state.paused);
      if (!paused) state.pausedMs += clock.now() - pausedAt;
      pausedAt = clock.now();
      state.paused = paused;
    },
    onFenced: () => state.fenced++,
    log: {
      mark: async ({ offset, sequence, cols, rows }) => {
        await taken();
        const line = `${offset}-${sequence - sequenceBase(1)} ${cols}x${rows}`;
        if (state.answer === 'ok' && order.at(-1) !== line) order.push(line);
        if (state.answerLost) throw new Error('away');
        return state.answer;
      },
      append: async (end, bytes, { cols, rows }) => {
        await taken();
        if (state.answer === 'ok' && (entries.at(-1)?.end ?? -1) < end) {
          entries.push({ end, bytes: bytes.slice(), size: `${cols}x${rows}` });
          order.push(String(end));
        }
        return state.answer;
      },
    },
  });
  const write = (count: number) => {
    ring.append(seededBytes(SEED, ring.end, count));
    sizes.trim(ring.start);
    subject.measure();
    subject.emitted(ring.end);
  };
  const resize = (cols: number) => {
    sizes.add(ring.end, { cols, rows: 24 });
    subject.resized();
  };
  /** Entries are in order, do not overlap and hold the right bytes; returns the bytes that they leave out. */
  const gaps = () => {
    let at = 0;
    const missing: [number, number][] = [];
    for (const { end, bytes } of entries) {
      const start = end - bytes.length;
      expect(start).toBeGreaterThanOrEqual(at);
      expect(verifySeeded(SEED, start, bytes)).toBe(-1);
      if (start > at) missing.push([at, start]);
      at = end;
    }
    return { missing, end: at };
  };
  return { clock, ring, sizes, state, entries, order, subject, write, resize, gaps };
}

describe('LogWriter', () => {
  it('gathers small output for a batch, and sends a large one at once', async () => {
    const { clock, entries, write } = writer();
    write(10);
    await clock.run(LOG_BATCH_MS - 1);
    write(10);
    expect(entries).toHaveLength(0);
    await clock.run(1);
    expect(entries.map(({ end }) => end)).toEqual([20]);
    write(LOG_BATCH_BYTES);
    await clock.run(0);
    expect(entries.map(({ end }) => end)).toEqual([20, 20 + LOG_BATCH_BYTES]);
  });

  it('is complete and in order on any schedule of outages and delays', async () => {
    for (let seed = 0; seed < 15; seed++) {
      const random = seededRandom(seed);
      const { clock, ring, state, subject, write, gaps } = writer();
      for (let i = 0; i < 150; i++) {
        if (!state.paused) write(random.pick([1, 500, 5_000, CHUNK]));
        state.away = random.chance(0.2);
        state.delayMs = random.pick([0, 1, 30]);
        expect(ring.start).toBeLessThanOrEqual(subject.logEnd);
        await clock.run(random.pick([0, 1, 5, 40]));
      }
      state.away = false;
      await clock.run(3_000);
      expect(gaps()).toEqual({ missing: [], end: ring.end });
    }
  });

  it('keeps the bytes of a batch until it is answered, whoever floods meanwhile, also when it has to be repeated', async () => {
    const [slow, other] = [writer(), writer()];
    slow.state.delayMs = 1_000;
    slow.state.away = true;
    slow.write(LOG_BATCH_BYTES);
    for (let i = 0; i < 20; i++) {
      if (i === 10) slow.state.away = false;
      await slow.clock.run(200);
      other.write(7 + LOG_BATCH_BYTES);
      await other.clock.run(LOG_BATCH_MS);
    }
    expect(slow.gaps()).toEqual({ missing: [], end: LOG_BATCH_BYTES });
    expect(other.gaps()).toEqual({ missing: [], end: other.ring.end });
  });

  it('repeats a failed append unchanged, so that a stored one is known again', async () => {
    const { clock, state, entries, write, subject } = writer();
    state.away = true;
    write(100);
    await clock.run(LOG_BATCH_MS);
    write(100);
    await clock.run(1_000);
    state.away = false;
    await clock.run(2_000);
    expect(entries.map(({ end, bytes }) => [end, bytes.length])).toEqual([
      [100, 100],
      [200, 100],
    ]);
    expect(subject.logEnd).toBe(200);
  });

  it('holds the program before the ring drops an unlogged byte, for no more than its time, then leaves an exact gap', async () => {
    const { clock, ring, state, subject, write, gaps } = writer();
    state.away = true;
    while (!state.paused) write(CHUNK);
    expect(ring.end).toBeLessThanOrEqual(RING - PAUSE_HEADROOM + CHUNK);
    await clock.run(LOG_STALL_MS - 1);
    expect(state.paused).toBe(true);
    await clock.run(1);
    expect(state.paused).toBe(false);

    // The program goes on; the ring drops what the log never got.
    for (let i = 0; i < 100; i++) {
      write(CHUNK);
      await clock.run(1);
    }
    expect(state.paused).toBe(false);
    const dropped = ring.start;
    expect(dropped).toBeGreaterThan(0);
    state.away = false;
    await clock.run(5_000);
    // The batch that was under way is stored, then everything that the ring still had.
    expect(gaps()).toEqual({ missing: [[LOG_BATCH_BYTES, dropped]], end: ring.end });
    expect(subject.logEnd).toBe(ring.end);

    // Caught up: the next stall has its own time.
    state.away = true;
    while (!state.paused) write(CHUNK);
    await clock.run(LOG_STALL_MS - 1);
    expect(state.paused).toBe(true);
  });

  it('paces the program by a slow log, and loses nothing', async () => {
    const { clock, ring, state, write, gaps } = writer();
    state.delayMs = 60;
    for (let i = 0; i < 20_000; i++) {
      if (!state.paused) write(CHUNK);
      await clock.run(1);
    }
    expect(state.pausedMs).toBeGreaterThan(10_000);
    await clock.run(5_000);
    expect(gaps()).toEqual({ missing: [], end: ring.end });
  });

  it('does not hold the program again for a log that is too slow to matter', async () => {
    const { clock, state, write, gaps } = writer();
    state.delayMs = 500;
    for (let i = 0; i < 20_000; i++) {
      if (!state.paused) write(1_000);
      await clock.run(1);
    }
    expect(state.pausedMs).toBe(LOG_STALL_MS);
    expect(gaps().missing.length).toBeGreaterThan(0);
  });

  it('writes nothing without a lease, and reports a sealed log once', async () => {
    const without = writer();
    without.state.lease = false;
    without.write(CHUNK);
    await without.clock.run(1_000);
    expect(without.entries).toHaveLength(0);

    const sealed = writer();
    sealed.state.answer = 'fenced';
    sealed.write(CHUNK);
    await sealed.clock.run(1_000);
    sealed.write(CHUNK);
    await sealed.clock.run(1_000);
    expect(sealed.state.fenced).toBe(1);
  });

  it('writes each change of size where it happened, and no batch across one', async () => {
    const { clock, entries, order, write, resize, subject, state } = writer();
    write(10);
    resize(100);
    resize(80);
    write(20);
    resize(90);
    write(LOG_BATCH_BYTES + 5);
    await clock.run(LOG_BATCH_MS);
    const end = 30 + LOG_BATCH_BYTES;
    expect(order).toEqual(['10', '10-1 100x24', '10-2 80x24', '30', '30-1 90x24', String(end), String(end + 5)]);
    expect(entries.map(({ size }) => size)).toEqual(['80x24', '80x24', '90x24', '90x24']);

    // An answer that was lost: the same mark again, and not forgotten by a drain.
    state.answerLost = true;
    let drained = 0;
    resize(70);
    void subject.drain().then(() => drained++);
    await clock.run(1_000);
    expect([order.at(-1), drained]).toEqual([`${end + 5}-1 70x24`, 0]);
    state.answerLost = false;
    await clock.run(2_000);
    expect([order.length, drained]).toEqual([8, 1]);
  });

  it('keeps sizes and bytes together on any schedule of outages, behind an exact gap where it must', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = seededRandom(seed);
      const { clock, ring, state, entries, write, resize, gaps } = writer();
      /** The size of each byte: from there on. */
      const changes = [{ at: 0, cols: 80 }];
      for (let i = 0; i < 400; i++) {
        if (random.chance(0.3)) {
          const cols = random.int(20, 200);
          changes.push({ at: ring.end, cols });
          resize(cols);
        }
        write(random.pick([1, 500, CHUNK]));
        state.away = random.chance(0.5);
        await clock.run(random.pick([0, 1, 5]));
      }
      state.away = false;
      await clock.run(5_000);
      expect(gaps().end).toBe(ring.end);
      for (const { end, bytes, size } of entries) {
        const cols = changes.findLast(({ at }) => at <= end - bytes.length)?.cols;
        expect(size).toBe(`${cols}x24`);
        expect(changes.some(({ at }) => at > end - bytes.length && at < end)).toBe(false);
      }
    }
  });

  it('drains at once, and gives up a log that is away', async () => {
    const { clock, state, entries, subject, write } = writer();
    let drained = 0;
    write(10);
    void subject.drain().then(() => drained++);
    await clock.run(0);
    expect(entries).toHaveLength(1);
    expect(drained).toBe(1);

    state.away = true;
    write(10);
    void subject.drain().then(() => drained++);
    await clock.run(LOG_DRAIN_MS - 1);
    expect(drained).toBe(1);
    await clock.run(1);
    expect(drained).toBe(2);
    subject.stop();
    expect(clock.pending).toBe(0);
  });
});
