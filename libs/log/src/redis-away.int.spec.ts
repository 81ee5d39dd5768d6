import { AppError } from '@berth/protocol';
import { waitFor } from '@berth/testing';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectLog, RedisOutputLog, SessionLogReader } from './index.js';
import { LoggedRuns, SIZE, outline, output, readAll } from './testing/logged-run.js';
import type { FrailRedis } from './testing/test-redis.js';
import { frailRedis, ready } from './testing/test-redis.js';

const MIB = 1024 * 1024;
/** What "never hangs" means here: the 2 s of a command, and slack for a busy machine. */
const PROMPTLY_MS = 4_000;

let frail: FrailRedis;
let redis: Redis;
let runs: LoggedRuns;

beforeEach(async () => {
  frail = await frailRedis();
  redis = connectLog(frail.url);
  await ready(redis);
  runs = new LoggedRuns();
});
afterEach(async () => {
  redis.disconnect();
  await frail.close();
});

const live = { epoch: 1, base: 0, end: null };
const appender = () => new RedisOutputLog(redis, () => MIB).appender(runs.run(1));
const read = (from = 0) => readAll(new SessionLogReader(redis), runs.with(live), { from });

async function expectUnavailable(call: Promise<unknown>): Promise<void> {
  const since = performance.now();
  await expect(call).rejects.toSatisfy((error) => error instanceof AppError && error.code === 'unavailable');
  expect(performance.now() - since).toBeLessThan(PROMPTLY_MS);
}

describe('a Redis that is down', () => {
  it('makes every call fail at once, and is back by itself', async () => {
    await appender().append(10, output(0, 10), SIZE);
    await frail.kill();
    await waitFor(() => redis.status !== 'ready');
    const log = new RedisOutputLog(redis, () => MIB);
    await expectUnavailable(appender().append(20, output(10, 10), SIZE));
    await expectUnavailable(read());
    await expectUnavailable(log.seal(runs.run(1), { base: 0, limit: MIB }));
    await expectUnavailable(log.expire(runs.run(1)));
    await expectUnavailable(log.remove(runs.run(1)));

    await frail.restart();
    await ready(redis);
    expect(await appender().append(20, output(10, 10), SIZE)).toBe('ok');
    expect(outline(await read())).toEqual([['end', 20]]);
  });

  it('fails an append that was on its way', async () => {
    frail.stop();
    const append = expectUnavailable(appender().append(10, output(0, 10), SIZE));
    await frail.kill();
    await append;
    await frail.restart();
  });
});

describe('a Redis that does not answer', () => {
  it('makes every call fail within seconds, holds nothing back for later, and is back by itself', async () => {
    await appender().append(10, output(0, 10), SIZE);
    frail.stop();
    await expectUnavailable(Promise.all([appender().append(20, output(10, 10), SIZE), read()]));
    // The connection has been given up: what follows fails without a wait, and no queue grows.
    await waitFor(() => redis.status !== 'ready');
    for (let i = 0; i < 100; i++) await expectUnavailable(appender().append(20, output(10, 10), SIZE));

    frail.resume();
    await waitFor(() => redis.status === 'ready', 10_000);
    expect(await appender().append(20, output(10, 10), SIZE)).toBe('ok');
    expect(outline(await read())).toEqual([['end', 20]]);
  });
});

describe('a Redis that was emptied', () => {
  it('takes what comes next, and the reader says exactly what is missing', async () => {
    await appender().append(1_000, output(0, 1_000), SIZE);
    await redis.flushdb();
    expect(await read()).toEqual([]);
    expect(await appender().append(1_500, output(1_000, 500), SIZE)).toBe('ok');
    expect(outline(await read())).toEqual([
      [0, 1_000, 'pruned'],
      ['end', 1_500],
    ]);
    expect(outline(await read(1_200), 1_200)).toEqual([['end', 1_500]]);
  });

  it('cannot be told from a run whose log is over when its end is known', async () => {
    await appender().append(1_000, output(0, 1_000), SIZE);
    await redis.flushdb();
    const session = runs.with({ epoch: 1, base: 0, end: 1_000 }, { epoch: 2, base: 1_000, end: null });
    expect(outline(await readAll(new SessionLogReader(redis), session))).toEqual([
      [0, 1_000, 'pruned'],
      ['end', 1_000],
    ]);
  });

  it('is still sealed against the old host of a lost run', async () => {
    await appender().append(1_000, output(0, 1_000), SIZE);
    await redis.flushdb();
    expect(await new RedisOutputLog(redis, () => MIB).seal(runs.run(1), { base: 0, limit: MIB })).toBe(0);
    expect(await appender().append(2_000, output(1_000, 1_000), SIZE)).toBe('fenced');
  });
});
