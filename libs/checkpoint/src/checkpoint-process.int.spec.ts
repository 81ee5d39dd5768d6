import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectLog, ScreenStore, SessionLogReader } from '@berth/log';
import { differences } from '@berth/screen/testing';
import { seededRandom, waitFor } from '@berth/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCheckpointProcess } from './index.js';
import type { CheckpointProcess } from './index.js';
import { LoggedOutput, shown, testRedisUrl } from './testing/logged-output.js';

const KIB = 1024;

let redis: ReturnType<typeof connectLog>;
let screens: ScreenStore;
let subject: CheckpointProcess;
let deaths: number;

beforeAll(async () => {
  redis = connectLog(testRedisUrl());
  screens = new ScreenStore(redis);
  await waitFor(() => redis.status === 'ready');
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  deaths = 0;
  subject = startCheckpointProcess({ redisUrl: testRedisUrl(), env: {}, onDied: () => deaths++ });
});
afterEach(() => subject.end());

const LINES = Array.from({ length: 5_000 }, (_, i) => `\x1b[3${i % 8}mline ${i} \u8a9e\x1b[m\r\n`).join('');
/** Each REP writes the character before it 32,767 times. */
const COSTLY = Buffer.from('x\x1b[32767b'.repeat(60_000));
/** Ends between sequences: a screen is taken where none is open. */
const PIECES = [
  'text that wraps around the edge of a narrow terminal\r\n',
  '\x1b[5;9H\x1b7x',
  '\x1b8y\x1b[2;4r',
  '\x1b[r',
  '\x1b[?1049hv',
  '\x1b[?1049l',
  '\n',
];
const nothing = (): void => undefined;
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const residentMiB = (pid: number | undefined): number =>
  pid === undefined ? 0 : Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'latin1'))?.[1] ?? 0) / 1024;

/** What it rejects with; listened for from now on. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it did not reject',
    (error: unknown) => error,
  );

/** Folds to the end of the log; the offsets of the checkpoints that were stored. */
async function foldAll(log: LoggedOutput, stepBytes: number): Promise<number[]> {
  const saved: number[] = [];
  await subject.foldRun(log.session, log.run, { stepBytes, onSaved: (offset) => saved.push(offset), onProgress: nothing }).done;
  return saved;
}

describe('the checkpoint process', () => {
  it('is started for the first request alone, at a low priority', async () => {
    const log = new LoggedOutput(redis);
    await log.write('hello\x1b[2;5r\x1b[?6h');
    expect(subject.pid).toBeUndefined();
    const screen = await subject.screenOf(log.session);
    expect(getPriority(subject.pid)).toBe(10);
    expect(screen).toMatchObject({ offset: log.end, cols: 40, rows: 10, text: 'hello', losses: [] });
    expect(differences(log.whole, shown(screen))).toEqual([]);
  });

  it('says the size of a session that has written nothing', async () => {
    const { session } = new LoggedOutput(redis);
    expect(await subject.screenOf(session)).toMatchObject({ offset: 0, cols: 40, rows: 10, text: '', losses: [] });
  });

  it('stores a checkpoint each step, and from each the rest of the output gives the same terminal', async () => {
    const log = new LoggedOutput(redis);
    await log.write(LINES.repeat(8));
    const saved = await foldAll(log, 200 * KIB);
    expect(saved.length).toBeGreaterThan(3);
    expect(saved).toEqual([...saved].sort((a, b) => a - b));
    expect(saved.at(-1)).toBe(log.end);
    const stored = await screens.newest(log.session);
    expect(stored?.offset).toBe(log.end);
    expect(differences(log.whole, shown(stored ?? expect.fail('no checkpoint')))).toEqual([]);
  });

  it('goes on from the checkpoint when the log before it is gone', async () => {
    const log = new LoggedOutput(redis, 64 * KIB);
    await log.write('\x1b[3;7rkept\x1b7'.padEnd(1_000));
    await foldAll(log, KIB);
    const first = await screens.newest(log.session);
    // Trimmed exactly to the checkpoint, as the host does.
    await redis.xtrim(`log:{${log.tenantId}:${log.sessionId}}:1`, 'MINID', `${String(first?.offset)}-1`);
    await log.write('\x1b8 and on');
    const screen = await subject.screenOf(log.session);
    expect(screen.losses).toEqual([]);
    expect(differences(log.whole, shown(screen))).toEqual([]);
  });

  it('applies every change of size where it happened, once, whatever comes between', async () => {
    const random = seededRandom(5);
    for (let i = 0; i < 20; i++) {
      const log = new LoggedOutput(redis);
      for (let step = 0; step < 30; step++) {
        await log.write(random.pick(PIECES));
        while (random.chance(0.4)) await log.resize(random.pick([20, 40, 41, 80]), random.pick([3, 10, 24]));
        if (random.chance(0.3)) await foldAll(log, 100);
      }
      const stored = (await screens.newest(log.session)) ?? expect.fail('no checkpoint');
      const screen = await subject.screenOf(log.session);
      expect(stored.offset).toBeGreaterThan(0);
      expect(screen.offset).toBe(log.end);
      if (screen.losses.length === 0) expect(differences(log.whole, shown(screen)), `session ${i}`).toEqual([]);
    }
  });

  it('says so when output is missing', async () => {
    const log = new LoggedOutput(redis, 8 * KIB);
    await log.write(LINES);
    const [first] = await new SessionLogReader(redis).read(log.session, { from: 0, max: 1 });
    expect(first).toMatchObject({ type: 'gap', reason: 'pruned' });
    expect((await subject.screenOf(log.session)).losses).toEqual(['gap']);
  });

  it('stores nothing for a run that was deleted meanwhile', async () => {
    const log = new LoggedOutput(redis);
    await log.write(LINES);
    await log.delete();
    await foldAll(log, KIB);
    expect(await screens.newest(log.session)).toBeUndefined();
  });

  it('answers a cheap session while an expensive one is parsed, and gives that up when told to', async () => {
    const hostile = new LoggedOutput(redis);
    await hostile.writeUnseen(COSTLY);
    const aborted = new AbortController();
    const slow = subject.screenOf(hostile.session, aborted.signal);
    const outcome = errorOf(slow);
    const cheap = new LoggedOutput(redis);
    await cheap.write(LINES);
    const screen = await subject.screenOf(cheap.session);
    expect(differences(cheap.whole, shown(screen))).toEqual([]);
    aborted.abort(new Error('enough'));
    expect(await outcome).toMatchObject({ message: 'enough' });
  });

  it('lets more sessions fold than it holds terminals, none of which loses anything by making place', async () => {
    const logs = Array.from({ length: 8 }, () => new LoggedOutput(redis));
    for (const [index, log] of logs.entries())
      await log.write(
        `${String(index)} \x1b[3${String(index % 8)}mline\x1b[${String(20_000 + index)}b\r\n\x1b[2;5r\x1b[?6h\x1b[r`.repeat(600),
      );
    const saved = await Promise.all(logs.map((log) => foldAll(log, 16 * 1024 * KIB)));
    // Of a step that is larger than the log there is one checkpoint, of each place that was made one more.
    expect(Math.max(...saved.map(({ length }) => length))).toBeGreaterThan(1);
    for (const log of logs) {
      const stored = (await screens.newest(log.session)) ?? expect.fail('no checkpoint');
      expect(stored.offset).toBe(log.end);
      expect(differences(log.whole, shown(stored))).toEqual([]);
    }
  });

  it('folds an ordinary log while more costly ones than it has places for are folded', async () => {
    const costly = Array.from({ length: 12 }, () => new LoggedOutput(redis));
    for (const log of costly) await log.writeUnseen(COSTLY);
    const jobs = costly.map((log) =>
      subject.foldRun(log.session, log.run, { stepBytes: 1024 * KIB, onSaved: nothing, onProgress: nothing }),
    );
    let done = 0;
    const outcomes = jobs.map((job) => errorOf(job.done).then(() => (done += 1)));
    const ordinary = new LoggedOutput(redis);
    await ordinary.write(LINES);
    expect(await foldAll(ordinary, 64 * KIB)).not.toEqual([]);
    expect(done).toBe(0);
    for (const job of jobs) job.cancel();
    await Promise.all(outcomes);
  });

  it('holds a few of the largest terminals at once, however many sessions are folded', async () => {
    const logs = Array.from({ length: 32 }, () => new LoggedOutput(redis, undefined, { cols: 1_000, rows: 500 }));
    // A full scrollback, in several turns.
    for (const log of logs) await log.writeUnseen(Buffer.from('\r\n'.repeat(4_000)));
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, residentMiB(subject.pid))), 20);
    await Promise.all(logs.map((log) => foldAll(log, 64 * KIB)));
    clearInterval(sampling);
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan(550);
  });

  it('fails what is under way when it dies, is started again, and does no harm meanwhile', async () => {
    const log = new LoggedOutput(redis);
    await log.write(LINES);
    await subject.screenOf(log.session);
    const { pid } = subject;
    process.kill(pid as number, 'SIGSTOP');
    const outcome = errorOf(subject.screenOf(log.session));
    process.kill(pid as number, 'SIGKILL');
    expect(await outcome).toMatchObject({ code: 'unavailable' });
    expect(deaths).toBe(1);
    await expect(subject.screenOf(log.session)).rejects.toMatchObject({ code: 'unavailable' });
    await sleep(150);
    expect((await subject.screenOf(log.session)).offset).toBe(log.end);
    expect(subject.pid).not.toBe(pid);
  });

  it('is killed when it has work and says nothing, and is started again', async () => {
    const watched = startCheckpointProcess({ redisUrl: testRedisUrl(), env: {}, silentMs: 1_000, onDied: () => deaths++ });
    const log = new LoggedOutput(redis);
    await log.write(LINES);
    await watched.screenOf(log.session);
    const pid = watched.pid as number;
    // Without work it may say nothing for as long as it likes.
    await sleep(1_500);
    expect(watched.pid).toBe(pid);
    process.kill(pid, 'SIGSTOP');
    await expect(watched.screenOf(log.session)).rejects.toMatchObject({ code: 'unavailable' });
    await waitFor(() => !isAlive(pid), 5_000, 'the one that hung is gone');
    expect(deaths).toBe(1);
    await waitFor(async () => (await watched.screenOf(log.session)).offset === log.end, 5_000, 'the next one answers');
    watched.end();
  });

  it('ends when it has nothing to do, and comes back', async () => {
    const brief = startCheckpointProcess({ redisUrl: testRedisUrl(), env: {}, idleMs: 50, onDied: () => deaths++ });
    const log = new LoggedOutput(redis);
    await log.write('text');
    await brief.screenOf(log.session);
    const pid = brief.pid as number;
    await waitFor(() => brief.pid === undefined && !isAlive(pid), 5_000, 'the idle process has ended');
    expect((await brief.screenOf(log.session)).text).toBe('text');
    expect(deaths).toBe(0);
    brief.end();
  });
});
