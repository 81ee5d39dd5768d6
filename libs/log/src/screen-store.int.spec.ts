import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectLog, RedisOutputLog, ScreenStore } from './index.js';
import type { StoredScreen } from './index.js';
import { LoggedRuns, SIZE, output } from './testing/logged-run.js';
import { ready, testRedisUrl } from './testing/test-redis.js';

let redis: Redis;
let screens: ScreenStore;
let log: RedisOutputLog;
let runs: LoggedRuns;

beforeAll(async () => {
  redis = connectLog(testRedisUrl());
  screens = new ScreenStore(redis);
  log = new RedisOutputLog(redis, () => 1024 * 1024);
  await ready(redis);
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  runs = new LoggedRuns();
});

const screenAt = (offset: number, losses: string[] = []): StoredScreen => ({
  offset,
  cols: 80,
  rows: 24,
  // Bytes that are no text would not survive as one.
  serialized: Buffer.from([0x1b, 0x63, 0xff, 0x00, offset % 256]),
  losses,
});
const live = (epoch: number, base = 0) => ({ epoch, base, end: null });
const write = (epoch: number, end: number) => log.appender(runs.run(epoch)).append(end, output(end - 10, 10), SIZE);
const newest = (...ranges: Parameters<LoggedRuns['with']>) => screens.newest(runs.with(...ranges));

describe('the store of screens', () => {
  it('gives back the newest checkpoint as it was, whatever order they come in', async () => {
    await write(1, 100);
    expect(await newest(live(1))).toBeUndefined();
    await screens.save(runs.run(1), screenAt(40));
    await screens.save(runs.run(1), screenAt(90, ['scrollback', 'cells']));
    await screens.save(runs.run(1), screenAt(60));
    expect(await newest(live(1))).toEqual(screenAt(90, ['scrollback', 'cells']));
  });

  it('looks at the runs from the last to the first', async () => {
    await write(1, 100);
    await write(3, 300);
    await screens.save(runs.run(1), screenAt(50));
    const ranges = [{ epoch: 1, base: 0, end: 100 }, { epoch: 2, base: 100, end: 200 }, live(3, 200)];
    expect(await newest(...ranges)).toEqual(screenAt(50));
    await screens.save(runs.run(3), screenAt(250));
    expect(await newest(...ranges)).toEqual(screenAt(250));
  });

  it('does not show what an old owner wrote past the end of its run', async () => {
    await write(1, 100);
    await screens.save(runs.run(1), screenAt(90));
    expect(await newest({ epoch: 1, base: 0, end: 80 })).toBeUndefined();
    expect(await newest(live(1), live(2, 80))).toBeUndefined();
    expect(await newest(live(1, 95))).toBeUndefined();
  });

  it('lets a screen go with its log: at the close, at the seal, and one that comes after them', async () => {
    const ttl = (epoch: number) => redis.ttl(`screen:{${runs.run(1).tenantId}:${runs.run(1).sessionId}}:${epoch}`);
    for (const [epoch, end] of [
      [1, (): Promise<unknown> => log.expire(runs.run(1))],
      [2, (): Promise<unknown> => log.seal(runs.run(2), { base: 0, limit: 1_000 })],
    ] as const) {
      await write(epoch, 100);
      await screens.save(runs.run(epoch), screenAt(50));
      expect(await ttl(epoch)).toBe(-1);
      await end();
      expect(await ttl(epoch)).toBeGreaterThan(86_000);
    }
    await write(3, 100);
    await log.expire(runs.run(3));
    await screens.save(runs.run(3), screenAt(50));
    expect(await ttl(3)).toBeGreaterThan(86_000);
  });

  it('forgets a deleted run, and takes nothing more for it', async () => {
    await write(1, 100);
    await screens.save(runs.run(1), screenAt(50));
    await log.remove(runs.run(1));
    expect(await newest(live(1))).toBeUndefined();
    await screens.save(runs.run(1), screenAt(60));
    expect(await newest(live(1))).toBeUndefined();
  });
});
