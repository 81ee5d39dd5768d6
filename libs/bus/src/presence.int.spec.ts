import type { Viewer } from '@berth/protocol';
import { idFromUuid, redisKeys } from '@berth/protocol';
import { seededRandom, waitFor } from '@berth/testing';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { openBus } from './bus.js';
import type { SessionKey } from './presence.js';
import { PRESENCE_LIFETIME_MS } from './presence.js';

const redisUrl = process.env['BERTH_TEST_REDIS_URL'] ?? '';
const [one, two] = [openBus({ redisUrl }), openBus({ redisUrl })];
const redis = new Redis(redisUrl);

const someSession = (): SessionKey => ({
  tenantId: idFromUuid('tenant', crypto.randomUUID()),
  sessionId: idFromUuid('session', crypto.randomUUID()),
});
const viewer = (id: string, fields: Partial<Viewer> = {}): Viewer => ({
  id,
  userId: idFromUuid('user', '0190a000-0000-7000-8000-000000000001'),
  name: `viewer ${id}`,
  role: 'driver',
  since: '2026-01-01T00:00:00.000Z',
  ...fields,
});
const keyOf = ({ tenantId, sessionId }: SessionKey): string => redisKeys.viewers(tenantId, sessionId);
/** Lets an entry's time run out without waiting for it. */
const age = async (session: SessionKey, id: string): Promise<void> => {
  const entry = (await redis.hget(keyOf(session), id)) ?? '';
  await redis.hset(keyOf(session), id, `1 ${entry.slice(entry.indexOf(' ') + 1)}`);
};

afterAll(() => {
  one.close();
  two.close();
  redis.disconnect();
});

describe('Presence', () => {
  it('shows on one gateway who is attached through another, in the order in which they came', async () => {
    const session = someSession();
    await Promise.all([one, two].map((bus) => bus.assertNoEviction()));
    const late = viewer('a', { since: '2026-01-01T00:00:05.000Z' });
    expect(await one.presence.update(session, { here: [late] })).toBe(true);
    expect(await two.presence.update(session, { here: [viewer('c'), viewer('b', { role: 'viewer' })] })).toBe(true);
    const all = [viewer('b', { role: 'viewer' }), viewer('c'), late];
    expect(await one.presence.read(session)).toEqual(all);
    expect(await two.presence.read(session)).toEqual(all);
    expect(await two.presence.read({ ...session, tenantId: someSession().tenantId })).toEqual([]);
  });

  it('has one entry for a connection, however often it is put, and says what is news', async () => {
    const session = someSession();
    const update = one.presence.update.bind(one.presence, session);
    expect(await update({ here: [viewer('a')] })).toBe(true);
    expect(await update({ here: [viewer('a')] })).toBe(false);
    expect(await update({ here: [viewer('a', { name: 'renamed' })] })).toBe(true);
    expect(await one.presence.read(session)).toEqual([viewer('a', { name: 'renamed' })]);
    expect(await update({ gone: ['b'] })).toBe(false);
    expect(await update({ here: [viewer('c')], gone: ['a'] })).toBe(true);
    expect(await one.presence.read(session)).toEqual([viewer('c')]);
    expect(await update({ gone: ['c'] })).toBe(true);
    expect(await redis.exists(keyOf(session))).toBe(0);
  });

  it('forgets whoever is not put again, and tells so to whoever puts next', async () => {
    const session = someSession();
    await one.presence.update(session, { here: [viewer('a'), viewer('b')] });
    await age(session, 'a');
    expect(await two.presence.read(session)).toEqual([viewer('b')]);
    expect(await two.presence.update(session, { here: [viewer('b')] })).toBe(true);
    expect(await redis.hkeys(keyOf(session))).toEqual(['b']);
    // A gateway that was stopped and goes on.
    expect(await one.presence.update(session, { here: [viewer('a')] })).toBe(true);
    expect(await redis.pttl(keyOf(session))).toBeGreaterThan(PRESENCE_LIFETIME_MS - 1_000);
    expect(await redis.pttl(keyOf(session))).toBeLessThanOrEqual(PRESENCE_LIFETIME_MS);
  });

  it('lets an entry live by the clock of Redis alone, 7 s', async () => {
    const session = someSession();
    await one.presence.update(session, { here: [viewer('a')] });
    const [seconds, micros] = await redis.time();
    const left = Number((await redis.hget(keyOf(session), 'a'))?.split(' ')[0]) - (Number(seconds) * 1000 + Number(micros) / 1000);
    expect(left).toBeLessThanOrEqual(PRESENCE_LIFETIME_MS);
    expect(left).toBeGreaterThan(PRESENCE_LIFETIME_MS - 1_000);
    await waitFor(async () => (await one.presence.read(session)).length === 0, PRESENCE_LIFETIME_MS + 1_000);
  });

  it('leaves out what it cannot read', async () => {
    const session = someSession();
    await one.presence.update(session, { here: [viewer('a')] });
    await redis.hset(keyOf(session), { b: 'nonsense', c: '9999999999999 {"id":"c"}', d: '9999999999999' });
    expect(await one.presence.read(session)).toEqual([viewer('a')]);
    expect(await one.presence.update(session, { here: [viewer('a')] })).toBe(true);
    expect(await one.presence.update(session, { here: [viewer('a')] })).toBe(false);
  });

  it('holds exactly those who are there after many changes at once from two gateways', async () => {
    const session = someSession();
    const random = seededRandom(7);
    const there = new Map<string, Viewer>();
    const changes: Promise<unknown>[] = [];
    for (let i = 0; i < 400; i += 1) {
      // A connection belongs to one gateway, whose changes arrive in order.
      const gateway = random.int(0, 1);
      const id = `${gateway}-${random.int(0, 9)}`;
      const { presence } = gateway === 0 ? one : two;
      if (random.chance(0.5)) {
        const here = viewer(id, { role: random.pick(['viewer', 'driver']) });
        there.set(id, here);
        changes.push(presence.update(session, { here: [here] }));
      } else {
        there.delete(id);
        changes.push(presence.update(session, { gone: [id] }));
      }
    }
    await Promise.all(changes);
    expect(await one.presence.read(session)).toEqual([...there.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  });
});
