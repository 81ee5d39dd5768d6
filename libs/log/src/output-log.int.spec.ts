import { randomUUID } from 'node:crypto';
import type { SessionId, TenantId } from '@berth/protocol';
import { AppError, idFromUuid, redisKeys } from '@berth/protocol';
import { seededBytes } from '@berth/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisOutputLog, SessionLogReader, connectLog } from './index.js';
import type { LogItem, RunRange } from './index.js';

const SEED = 7;
const KIB = 1024;
const MIB = 1024 * KIB;

let redis: Redis;
let tenantId: TenantId;
let sessionId: SessionId;

beforeAll(() => {
  redis = connectLog(process.env['BERTH_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379');
});
afterAll(() => {
  redis.disconnect();
});
beforeEach(async () => {
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  tenantId = idFromUuid('tenant', randomUUID());
  sessionId = idFromUuid('session', randomUUID());
});

const run = (epoch: number) => ({ tenantId, sessionId, epoch });
const log = (budget = 16 * MIB) => new RedisOutputLog(redis, budget);
const output = (from: number, length: number) => seededBytes(SEED, from, length);

/** Appends `[from, to)` in entries of the given size. */
async function write(epoch: number, from: number, to: number, { size = 1_000, budget = 16 * MIB } = {}): Promise<void> {
  const appender = log(budget).appender(run(epoch));
  for (let at = from; at < to; at += size) {
    const end = Math.min(at + size, to);
    expect(await appender.append(end, output(at, end - at))).toBe('ok');
  }
}

async function readAll(runs: RunRange[], from: number): Promise<LogItem[]> {
  const reader = new SessionLogReader(redis);
  const items: LogItem[] = [];
  for (let at = from; ; ) {
    const next = await reader.read({ tenantId, sessionId, runs }, { from: at, max: 5_000 });
    if (next.length === 0) return items;
    items.push(...next);
    const last = next.at(-1)!;
    at = last.type === 'gap' ? last.to : last.offset + last.bytes.length;
  }
}

/** Checks that items follow each other without a step and hold the right bytes; returns the gaps. */
function gapsOf(items: LogItem[], from: number): (number | string)[][] {
  let at = from;
  const gaps: (number | string)[][] = [];
  for (const item of items) {
    if (item.type === 'gap') {
      expect(item.from).toBe(at);
      gaps.push([item.from, item.to, item.reason]);
      at = item.to;
    } else {
      expect(item.offset).toBe(at);
      expect(Buffer.compare(item.bytes, output(at, item.bytes.length))).toBe(0);
      at += item.bytes.length;
    }
  }
  return [...gaps, ['end', at]];
}

describe('the output log', () => {
  it('gives back the same bytes from every offset', async () => {
    await write(1, 0, 300, { size: 7 });
    for (let from = 0; from <= 300; from++) expect(gapsOf(await readAll([{ epoch: 1, base: 0, end: null }], from), from)).toEqual([['end', 300]]);
  });

  it('keeps the budget of a run and says exactly what was trimmed', async () => {
    await write(1, 0, 600 * KIB, { size: 64 * KIB, budget: 256 * KIB });
    const items = await readAll([{ epoch: 1, base: 0, end: null }], 0);
    const [first] = items;
    expect(first).toMatchObject({ type: 'gap', from: 0, reason: 'pruned' });
    const kept = 600 * KIB - (first as { to: number }).to;
    expect(kept).toBeGreaterThanOrEqual(256 * KIB);
    expect(kept).toBeLessThanOrEqual(320 * KIB);
    expect(gapsOf(items, 0).at(-1)).toEqual(['end', 600 * KIB]);
  });

  it('shows what was never logged as a gap between two entries', async () => {
    await write(1, 0, 2_000);
    await write(1, 5_000, 6_000);
    expect(gapsOf(await readAll([{ epoch: 1, base: 0, end: null }], 0), 0)).toEqual([
      [2_000, 5_000, 'unlogged'],
      ['end', 6_000],
    ]);
  });

  it('takes an append whose answer was lost for done', async () => {
    const appender = log().appender(run(1));
    expect(await appender.append(10, output(0, 10))).toBe('ok');
    expect(await appender.append(10, output(0, 10))).toBe('ok');
    expect(gapsOf(await readAll([{ epoch: 1, base: 0, end: null }], 0), 0)).toEqual([['end', 10]]);
  });

  it('walks from run to run and reports what a lost run never logged', async () => {
    await write(1, 0, 1_000);
    await write(2, 64 * MIB, 64 * MIB + 500);
    await write(3, 64 * MIB + 500, 64 * MIB + 900);
    const runs = [
      { epoch: 1, base: 0, end: 1_000 },
      { epoch: 2, base: 64 * MIB, end: 64 * MIB + 500 },
      { epoch: 3, base: 64 * MIB + 500, end: null },
    ];
    const items = await readAll(runs, 0);
    expect(items.filter((item) => item.type === 'gap')).toEqual([{ type: 'gap', from: 1_000, to: 64 * MIB, reason: 'lost' }]);
    expect(gapsOf(items, 0).at(-1)).toEqual(['end', 64 * MIB + 900]);
  });

  it('says that a whole run is gone when its log is', async () => {
    await write(1, 0, 1_000);
    await log().remove(run(1));
    expect(await readAll([{ epoch: 1, base: 0, end: 1_000 }], 0)).toEqual([{ type: 'gap', from: 0, to: 1_000, reason: 'pruned' }]);
    expect(await readAll([{ epoch: 1, base: 0, end: null }], 0)).toEqual([]);
  });
});

describe('the seal of a lost run', () => {
  it('lets no later append in', async () => {
    await write(1, 0, 1_000);
    expect(await log().seal(run(1), { base: 0, limit: 64 * MIB })).toBe(1_000);
    expect(await log().appender(run(1)).append(64 * MIB, output(1_000, 64))).toBe('fenced');
    expect(await redis.xlen(redisKeys.log(tenantId, sessionId, 1))).toBe(2);
    expect(await log().seal(run(1), { base: 0, limit: 64 * MIB })).toBe(1_000);
  });

  it('ends an empty run at its base', async () => {
    expect(await log().seal(run(1), { base: 4_096, limit: 64 * MIB })).toBe(4_096);
  });

  it('agrees with every later reader about the end, whatever is being appended meanwhile', async () => {
    for (let round = 1; round <= 200; round++) {
      const appender = log().appender(run(round));
      let written = 0;
      const writing = (async () => {
        while ((await appender.append(written + 10, output(written, 10))) === 'ok') written += 10;
      })();
      const pauses = round % 5;
      for (let i = 0; i < pauses; i++) await redis.ping();
      const end = await log().seal(run(round), { base: 0, limit: MIB });
      await writing;
      expect(end).toBe(written);
      expect(gapsOf(await readAll([{ epoch: round, base: 0, end: null }], 0), 0)).toEqual([['end', end]]);
    }
  });

  it('is not needed to ignore what lies behind the recorded end', async () => {
    await write(1, 0, 1_000);
    await log().appender(run(1)).append(2_000, output(0, 1_000));
    expect(gapsOf(await readAll([{ epoch: 1, base: 0, end: 1_000 }], 0), 0)).toEqual([['end', 1_000]]);
  });
});

describe('without Redis', () => {
  it('says unavailable, at once', async () => {
    const away = connectLog('redis://127.0.0.1:1');
    const reader = new SessionLogReader(away);
    await expect(reader.read({ tenantId, sessionId, runs: [{ epoch: 1, base: 0, end: null }] }, { from: 0, max: 1 })).rejects.toThrow(AppError);
    await expect(new RedisOutputLog(away, MIB).appender(run(1)).append(1, output(0, 1))).rejects.toMatchObject({ code: 'unavailable' });
    away.disconnect();
  });
});
