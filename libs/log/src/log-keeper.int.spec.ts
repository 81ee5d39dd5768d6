import { randomUUID } from 'node:crypto';
import { idFromUuid, redisKeys } from '@berth/protocol';
import type { TenantId } from '@berth/protocol';
import type { RunIdentity } from '@berth/session';
import { seededRandom } from '@berth/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectLog, LogKeeper, RedisOutputLog, ScreenStore, SessionLogReader } from './index.js';
import type { RunAppender } from './index.js';
import { outline, output, readAll } from './testing/logged-run.js';
import { ownDatabase, ready } from './testing/test-redis.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const ENTRY = 64 * KIB - 128;
const DAY = 24 * 60 * 60;
/** 15 MiB of it are given away. */
const LIMITS = { totalBytes: 20 * MIB, runBytes: 4 * MIB };

let redis: Redis;
const connect = async (): Promise<Redis> => {
  const made = connectLog(ownDatabase(8).href);
  await ready(made);
  return made;
};
beforeAll(async () => {
  redis = await connect();
});
beforeEach(() => redis.flushdb());
afterAll(() => redis.disconnect());

const newTenant = (): TenantId => idFromUuid('tenant', randomUUID());
const newRun = (tenantId: TenantId): RunIdentity => ({ tenantId, sessionId: idFromUuid('session', randomUUID()), epoch: 1 });
const keyOf = ({ tenantId, sessionId, epoch }: RunIdentity) => redisKeys.log(tenantId, sessionId, epoch);
const sizeOf = async (run: RunIdentity) => (await redis.memory('USAGE', keyOf(run), 'SAMPLES', 0)) ?? 0;
const allBytes = async () => {
  const sizes = await Promise.all((await redis.keys('*')).map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
  return sizes.reduce<number>((total, size) => total + (size ?? 0), 0);
};

/** Writes a run's log from its last byte on; unbounded unless `budgetOf` says otherwise. */
class Writer {
  end = 0;
  readonly appender: RunAppender;
  constructor(
    readonly run: RunIdentity,
    budgetOf: (run: RunIdentity) => number = () => Infinity,
  ) {
    this.appender = new RedisOutputLog(redis, budgetOf).appender(run);
  }
  async write(bytes: number): Promise<void> {
    for (const target = this.end + bytes; this.end < target;) {
      const length = Math.min(ENTRY, target - this.end);
      await this.appender.append(this.end + length, output(this.end, length), { cols: 80, rows: 24 });
      this.end += length;
    }
  }
}

/** A run of so many bytes that was closed so many seconds ago; undefined: it lives. */
async function logged(tenantId: TenantId, bytes: number, closedSeconds?: number): Promise<RunIdentity> {
  const run = newRun(tenantId);
  await new Writer(run).write(bytes);
  if (closedSeconds !== undefined) await redis.expire(keyOf(run), DAY - closedSeconds);
  return run;
}

const keptOf = async (runs: readonly RunIdentity[]) => (await Promise.all(runs.map(sizeOf))).map((size) => size > KIB);

/** Two tenants: one with more closed logs than its part, oldest first, and one with little. */
async function heavyAndLight() {
  const [heavy, light] = [newTenant(), newTenant()];
  const closed: RunIdentity[] = [];
  for (let age = 9; age > 0; age--) closed.push(await logged(heavy, 2 * MIB, age * 100));
  const live = await logged(heavy, MIB);
  const small = [await logged(light, 2 * MIB, 80_000), await logged(light, MIB)];
  return { closed, live, small };
}

describe('a keeper of the logs', () => {
  it('drops the oldest closed logs of the tenant above its part, and nobody else’s', async () => {
    const { closed, live, small } = await heavyAndLight();
    const round = await new LogKeeper(redis, LIMITS).round([live]);
    expect(await allBytes()).toBeLessThan(15 * MIB);
    expect(await keptOf(closed)).toEqual([...Array.from({ length: 6 }, () => false), true, true, true]);
    expect(round.dropped).toBe(6);
    expect(await keptOf([live, ...small])).toEqual([true, true, true]);
  });

  it('leaves a dropped run as one exact gap', async () => {
    const { closed, live } = await heavyAndLight();
    await new LogKeeper(redis, LIMITS).round([live]);
    const { tenantId, sessionId } = closed[0] ?? live;
    const session = { tenantId, sessionId, runs: [{ epoch: 1, base: 0, end: 2 * MIB }] };
    expect(outline(await readAll(new SessionLogReader(redis), session, { from: 1_234 }), 1_234)).toEqual([
      [1_234, 2 * MIB, 'pruned'],
      ['end', 2 * MIB],
    ]);
  });

  it('does nothing that another one at the same time would not', async () => {
    const { closed, live, small } = await heavyAndLight();
    const connections = [await connect(), await connect(), await connect()];
    const keepers = connections.map((connection) => new LogKeeper(connection, LIMITS));
    for (let times = 0; times < 5; times++) await Promise.all(keepers.map((keeper) => keeper.round([live])));
    expect((await keptOf(closed)).filter(Boolean)).toHaveLength(3);
    expect(await keptOf([live, ...small])).toEqual([true, true, true]);
    for (const connection of connections) connection.disconnect();
  });

  it.each([0, 1, 2, 3, 5, 8, 13, 21])('that dies %i turns after it began leaves the rest to the next', async (turns) => {
    const { closed, live, small } = await heavyAndLight();
    const connection = await connect();
    const dying = new LogKeeper(connection, LIMITS).round([live]).catch(() => 'dead');
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    connection.disconnect();
    await dying;
    await new LogKeeper(redis, LIMITS).round([live]);
    expect((await keptOf(closed)).filter(Boolean)).toHaveLength(3);
    expect(await keptOf([live, ...small])).toEqual([true, true, true]);
  });

  it('starts anew with a Redis that was emptied', async () => {
    const tenant = newTenant();
    const keeper = new LogKeeper(redis, LIMITS);
    const writers = Array.from({ length: 10 }, () => new Writer(newRun(tenant), (run) => keeper.budgetOf(run)));
    const runs = writers.map(({ run }) => run);
    const flood = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        await keeper.round(runs);
        for (const writer of writers) await writer.write(MIB);
      }
    };
    await flood(5);
    expect(await allBytes()).toBeLessThan(LIMITS.totalBytes);
    await redis.flushdb();
    expect(await keeper.round(runs)).toMatchObject({ bytes: 0, dropped: 0 });
    await flood(5);
    expect(await allBytes()).toBeLessThan(LIMITS.totalBytes);
    expect(await allBytes()).toBeGreaterThan(LIMITS.totalBytes / 2);
  });

  it('takes a log whose host is gone for closed, and one whose close nobody heard of', async () => {
    const tenant = newTenant();
    const [mine, forgotten] = [await logged(tenant, MIB), await logged(tenant, MIB)];
    const keeper = new LogKeeper(redis, LIMITS);
    await keeper.round([mine]);
    expect(await redis.ttl(keyOf(mine))).toBeGreaterThan(DAY + 200);
    expect(await redis.ttl(keyOf(forgotten))).toBeGreaterThan(DAY + 200);
    // Five minutes without a renewal.
    for (const run of [mine, forgotten]) await redis.expire(keyOf(run), DAY - 1);
    await keeper.round([mine]);
    expect(await redis.ttl(keyOf(mine))).toBeGreaterThan(DAY + 200);
    expect(await redis.ttl(keyOf(forgotten))).toBeLessThan(DAY);
    await new LogKeeper(redis, { totalBytes: 2 * MIB, runBytes: 2 * MIB }).round([mine]);
    expect(await keptOf([mine, forgotten])).toEqual([true, false]);
  });

  it('lets an idle run give up what it has too much', async () => {
    const tenant = newTenant();
    const keeper = new LogKeeper(redis, LIMITS);
    const writers = Array.from({ length: 8 }, () => new Writer(newRun(tenant), () => budget));
    let budget = 4 * MIB;
    for (const writer of writers) await writer.write(3 * MIB);
    expect(await allBytes()).toBeGreaterThan(LIMITS.totalBytes);
    const { squeezed } = await keeper.round(writers.map(({ run }) => run));
    expect(squeezed).toBe(8);
    budget = keeper.budgetOf((writers[0] ?? { run: newRun(tenant) }).run);
    for (const { appender } of writers) await appender.trim();
    expect(await allBytes()).toBeLessThan(LIMITS.totalBytes);
  });

  it('counts checkpoints, keeps those of live runs, and drops those of closed ones with their logs', async () => {
    const tenant = newTenant();
    const [live, closed] = [await logged(tenant, 100_000), await logged(tenant, 100_000, 60)];
    const screens = new ScreenStore(redis);
    const screen = { offset: 50_000, cols: 80, rows: 24, serialized: new Uint8Array(MIB), losses: [] };
    for (const run of [live, closed]) await screens.save(run, screen);
    const keeper = new LogKeeper(redis, { totalBytes: 4 * MIB, runBytes: 4 * MIB });
    const { bytes, dropped } = await keeper.round([live]);
    expect(dropped).toBe(1);
    expect(bytes).toBeGreaterThan(2.2 * MIB);
    expect(await allBytes()).toBeLessThan(1.5 * MIB);
    const left = ({ tenantId, sessionId, epoch }: RunIdentity) =>
      screens.newest({ tenantId, sessionId, runs: [{ epoch, base: 0, end: null }] });
    expect(await left(live)).toMatchObject({ offset: 50_000 });
    expect(await left(closed)).toBeUndefined();
    expect(await redis.ttl(redisKeys.screen(live.tenantId, live.sessionId, 1))).toBeGreaterThan(DAY + 200);
    expect(keeper.budgetOf(live)).toBeLessThan(2.8 * MIB);
  });

  it('is not misled by keys of other kinds', async () => {
    await redis.set('log:{something}:else', 'x');
    await redis.xadd('log:{a:b}:1', '*', 'b', 'x');
    expect(await new LogKeeper(redis, LIMITS).round([])).toEqual({ bytes: 0, dropped: 0, squeezed: 0 });
    expect(await redis.ttl('log:{a:b}:1')).toBe(-1);
  });
});

describe('live runs under the eyes of keepers', () => {
  /** Two hosts flood in entries of all sizes, each with its keeper; returns the most that was used, bytes. */
  async function flood(seed: number, { kept }: { kept: boolean }): Promise<number> {
    const random = seededRandom(seed);
    const keepers = [new LogKeeper(redis, LIMITS), new LogKeeper(redis, LIMITS)] as const;
    const tenants = [newTenant(), newTenant(), newTenant()];
    const budgetOf = (host: 0 | 1) => (run: RunIdentity) => (kept ? keepers[host].budgetOf(run) : LIMITS.runBytes);
    const hosts = keepers.map((_, host) =>
      Array.from({ length: 6 }, () => new Writer(newRun(random.pick(tenants)), budgetOf(host === 0 ? 0 : 1))),
    );
    const light = new Writer(newRun(newTenant()), budgetOf(0));
    let flooding = true;
    const rounds = [0, 0];
    const floods = hosts.flat().map(async (writer, index) => {
      // A few begin between two rounds of the keepers, those of the second host last: what the first one's may take has been said by then.
      while (Math.min(...rounds) < index / 3) await new Promise((resolve) => setTimeout(resolve, 1));
      for (let left = 8 * MIB; left > 0;) {
        const size = random.pick([200, 20_000, ENTRY, ENTRY, ENTRY]);
        await writer.write(size);
        left -= size;
      }
    });
    const trickle = (async () => {
      for (; flooding; await new Promise((resolve) => setTimeout(resolve, 1))) await light.write(random.int(1, 2_000));
    })();
    const done = Promise.all(floods).finally(() => (flooding = false));
    let most = 0;
    const watching = (async () => {
      for (; flooding; await new Promise((resolve) => setTimeout(resolve, 1))) most = Math.max(most, await allBytes());
    })();
    const keeping = keepers.map(async (keeper, host) => {
      const own = [...(hosts[host] ?? []), ...(host === 0 ? [light] : [])];
      for (; flooding; await new Promise((resolve) => setTimeout(resolve, random.int(1, 200)))) {
        await keeper.round(own.filter(({ end }) => end > 0).map(({ run }) => run));
        for (const { appender } of own) if (kept) await appender.trim();
        rounds[host] = (rounds[host] ?? 0) + 1;
      }
    });
    await Promise.all([done, trickle, watching, ...keeping]);
    // Whoever writes little keeps all of it.
    if (kept) {
      const { tenantId, sessionId, epoch } = light.run;
      const items = await readAll(new SessionLogReader(redis), { tenantId, sessionId, runs: [{ epoch, base: 0, end: null }] });
      expect(outline(items)).toEqual([['end', light.end]]);
    }
    return most;
  }

  it.each([1, 2, 3])('stay within the total while they flood, and a light one keeps everything: %i', async (seed) => {
    expect(await flood(seed, { kept: true })).toBeLessThan(LIMITS.totalBytes);
  });

  it('would not without their budgets', async () => {
    expect(await flood(1, { kept: false })).toBeGreaterThan(LIMITS.totalBytes * 1.5);
  });
});
