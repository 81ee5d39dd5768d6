import { AppError } from '@berth/protocol';
import { FakeClock } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { RunCheckpoints } from './run-checkpoints.js';

const BUDGET = 800;
const BASE = 1_000;
const AWAY_MS = 2_000;
const SILENT_MS = 5_000;

interface Fold {
  saved(offset: number): void;
  progress(): void;
  end(error?: Error): void;
  cancelled: boolean;
}

/** A run whose folds do what the test says. */
function run() {
  const clock = new FakeClock();
  const folds: Fold[] = [];
  let end = BASE;
  const state = { held: false, holds: 0, gaveUp: 0 };
  const subject = new RunCheckpoints({
    clock,
    base: BASE,
    budget: () => BUDGET,
    costFrom: (offset) => end - offset,
    hold: (held) => {
      expect(held).not.toBe(state.held);
      state.held = held;
      if (held) state.holds++;
    },
    gaveUp: () => state.gaveUp++,
    fold: (events) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const fold: Fold = { ...events, cancelled: false, end: (error) => (error ? reject(error) : resolve()) };
      folds.push(fold);
      return { done: promise, cancel: () => void (fold.cancelled = true) };
    },
  });
  /** Output of so many bytes since the run's base. */
  const logged = (bytes: number): void => {
    end = BASE + bytes;
    subject.changed();
  };
  return { clock, folds, state, subject, logged, fold: () => folds.at(-1) ?? expect.fail('no fold was asked for') };
}

const away = new AppError('unavailable');

describe('the checkpoints of a run', () => {
  it('ask for nothing until three quarters of the budget are in no checkpoint, then once', () => {
    const { folds, logged } = run();
    logged(599);
    expect(folds).toHaveLength(0);
    logged(600);
    logged(650);
    expect(folds).toHaveLength(1);
  });

  it('keep in the log what no stored checkpoint covers', async () => {
    const { clock, folds, subject, logged, fold } = run();
    expect(subject.keepFrom).toBe(BASE);
    logged(700);
    fold().progress();
    expect(subject.keepFrom).toBe(BASE);
    fold().saved(BASE + 300);
    fold().saved(BASE + 690);
    expect([subject.keepFrom, subject.lag]).toEqual([BASE + 690, 10]);
    fold().end();
    await clock.run(10_000);
    expect(folds).toHaveLength(1);
    logged(690 + 600);
    expect(folds).toHaveLength(2);
  });

  it('hold the program at the budget, until the fold has made room', () => {
    const { state, logged, fold } = run();
    logged(799);
    expect(state.held).toBe(false);
    logged(800);
    expect(state.held).toBe(true);
    fold().saved(BASE + 99);
    expect(state.held).toBe(true);
    fold().saved(BASE + 100);
    expect(state.held).toBe(false);
  });

  it('hold it for as long as the fold comes further, however slowly', async () => {
    const { clock, state, logged, fold } = run();
    logged(800);
    for (let i = 0; i < 100; i++) {
      await clock.run(SILENT_MS - 100);
      fold().progress();
    }
    expect([state.held, state.gaveUp]).toEqual([true, 0]);
  });

  it('take a checkpoint that covers no more than the one before for standing still', async () => {
    const { clock, state, logged, fold } = run();
    logged(800);
    for (let ms = 0; ms < SILENT_MS; ms += 100) {
      fold().saved(BASE);
      await clock.run(100);
    }
    expect([state.held, state.gaveUp]).toEqual([false, 1]);
  });

  it('let it go when the fold stands still, and the log is trimmed until the fold has caught up', async () => {
    const { clock, state, subject, logged, fold } = run();
    logged(800);
    await clock.run(SILENT_MS - 1);
    expect(state.held).toBe(true);
    await clock.run(1);
    expect([state.held, state.gaveUp, subject.keepFrom]).toEqual([false, 1, Infinity]);
    logged(5_000);
    fold().saved(BASE + 4_300);
    expect([state.held, subject.keepFrom]).toEqual([false, Infinity]);
    fold().saved(BASE + 4_400);
    expect(subject.keepFrom).toBe(BASE + 4_400);
    logged(5_300);
    expect(state).toMatchObject({ held: true, holds: 2, gaveUp: 1 });
  });

  it('let it go after 2 s without progress when the fold cannot be had', async () => {
    const { clock, state, logged, folds } = run();
    logged(800);
    await clock.run(AWAY_MS - 10);
    folds.at(-1)?.end(away);
    await clock.run(9);
    expect(state.held).toBe(true);
    await clock.run(1);
    expect(state.held).toBe(false);

    const slow = run();
    slow.logged(800);
    await slow.clock.run(AWAY_MS + 500);
    expect(slow.state.held).toBe(true);
    slow.fold().end(away);
    await slow.clock.run(0);
    expect(slow.state.held).toBe(false);
  });

  it('ask again, later and later, while the process or Redis is away, and do not freeze the program', async () => {
    const { clock, folds, state, logged } = run();
    logged(800);
    for (let ms = 0; ms < 20_000; ms += 50) {
      if (folds.length > 0 && ms % 100 === 0) folds.at(-1)?.end(away);
      await clock.run(50);
    }
    expect([state.held, state.gaveUp]).toEqual([false, 1]);
    expect(folds.length).toBeGreaterThan(8);
    expect(folds.length).toBeLessThan(20);
  });

  it('do not ask again and again for a log of which nothing more can be stored', async () => {
    const { clock, folds, logged } = run();
    logged(700);
    for (let i = 0; i < 1_000; i++) {
      folds.at(-1)?.end();
      await clock.run(10);
      logged(700);
    }
    expect(folds.length).toBeLessThan(12);
  });

  it('end with the run: the fold is given up, the program let go, nothing is left', async () => {
    const { clock, state, subject, logged, fold } = run();
    logged(900);
    expect(state.held).toBe(true);
    subject.stop();
    fold().end(away);
    logged(5_000);
    await clock.run(60_000);
    expect([state.held, fold().cancelled, clock.pending]).toEqual([false, true, 0]);
  });
});
