import type { Bell, SessionId, SessionUpdated, SessionView } from '@berth/protocol';
import { AppError, idFromUuid } from '@berth/protocol';
import { FakeClock } from '@berth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { BATCH, COALESCE_MS, KNOWN_SESSIONS, READY_MS, REREAD_MS, RETRY_MS } from './limits.js';
import { TenantFeed } from './tenant-feed.js';

const id = (n: number): SessionId => idFromUuid('session', `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`);
const view = (n: number, title: string): SessionView => ({ id: id(n), title }) as SessionView;

let clock: FakeClock;
let rows: Map<SessionId, SessionView>;
let told: SessionUpdated[];
let reads: { lists: number; batches: number[] };
let ring: (bell: Bell) => void;
let away: boolean;
let failures: number;

beforeEach(() => {
  clock = new FakeClock();
  rows = new Map();
  told = [];
  reads = { lists: 0, batches: [] };
  away = false;
  failures = 0;
});

const answer = async <T>(value: () => T): Promise<T> => {
  if (away) throw new AppError('unavailable');
  return value();
};
const feed = (): TenantFeed =>
  new TenantFeed({
    list: () => {
      reads.lists += 1;
      return answer(() => [...rows.values()].slice(0, KNOWN_SESSIONS));
    },
    read: (ids) => {
      reads.batches.push(ids.length);
      return answer(() => ids.map((each) => rows.get(each)));
    },
    listen: (rung) => {
      ring = rung;
      return () => undefined;
    },
    emit: (update) => told.push(update),
    failed: () => (failures += 1),
    clock,
  });
const put = (n: number, title: string): void => {
  rows.set(id(n), view(n, title));
};
const ready = async (): Promise<TenantFeed> => {
  const made = feed();
  ring({});
  await clock.run(COALESCE_MS);
  return made;
};

describe('TenantFeed', () => {
  it('tells nothing of what was there before, and everything that changes', async () => {
    put(1, 'before');
    const tenant = await ready();
    await tenant.ready;
    expect(told).toEqual([]);
    put(1, 'after');
    ring({ sessionId: id(1) });
    ring({ sessionId: id(2) });
    await clock.run(COALESCE_MS);
    // A session that nobody has heard of and that is not there is told as gone: a page may have it from elsewhere.
    expect(told).toEqual([
      { sessionId: id(1), session: view(1, 'after') },
      { sessionId: id(2), session: null },
    ]);
    tenant.close();
    expect(clock.pending).toBe(0);
  });

  it('reads a session that changes all the time once a pause, and at last as it stays', async () => {
    await ready();
    for (let change = 0; change < 100; change += 1) {
      put(1, `title ${change}`);
      ring({ sessionId: id(1) });
      await clock.run(10);
    }
    await clock.run(COALESCE_MS);
    expect(told.length).toBeLessThanOrEqual(1000 / COALESCE_MS + 2);
    expect(told.at(-1)?.session?.title).toBe('title 99');
  });

  it('reads many sessions in batches, and far too many by the list', async () => {
    await ready();
    for (let n = 0; n < 2.5 * BATCH; n += 1) {
      put(n, 'new');
      ring({ sessionId: id(n) });
    }
    await clock.run(5 * COALESCE_MS);
    expect(Math.max(...reads.batches)).toBeLessThanOrEqual(BATCH);
    expect(told).toHaveLength(2.5 * BATCH);
    for (let n = 0; n < 10 * KNOWN_SESSIONS; n += 1) ring({ sessionId: id(n) });
    await clock.run(20 * COALESCE_MS);
    expect(reads.lists).toBeLessThanOrEqual(3);
    expect(reads.batches.reduce((sum, size) => sum + size, 0)).toBeLessThan(3 * KNOWN_SESSIONS);
  });

  it('makes up for lost bells by itself, the deleted included', async () => {
    put(1, 'one');
    put(2, 'two');
    await ready();
    put(1, 'changed');
    rows.delete(id(2));
    await clock.run(REREAD_MS);
    expect(told).toEqual([
      { sessionId: id(1), session: view(1, 'changed') },
      { sessionId: id(2), session: null },
    ]);
  });

  it('lets people in while nobody can listen for bells, and tells everything once it is possible', async () => {
    put(1, 'one');
    const tenant = feed();
    await clock.run(READY_MS);
    await tenant.ready;
    ring({});
    await clock.run(0);
    expect(told).toEqual([{ sessionId: id(1), session: view(1, 'one') }]);
  });

  it('forgets nothing while the store is away', async () => {
    await ready();
    away = true;
    put(1, 'one');
    ring({ sessionId: id(1) });
    ring({});
    await clock.run(3 * RETRY_MS);
    expect([told, failures]).toEqual([[], 4]);
    away = false;
    await clock.run(RETRY_MS + COALESCE_MS);
    expect(told).toEqual([{ sessionId: id(1), session: view(1, 'one') }]);
  });
});
