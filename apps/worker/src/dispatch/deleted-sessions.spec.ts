import { idFromUuid, redisChannels } from '@berth/protocol';
import type { Bell, SessionId } from '@berth/protocol';
import { FakeClock } from '@berth/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { DeletedSessions } from './deleted-sessions.js';

const tenantId = idFromUuid('tenant', '019ace5e-0000-7000-8000-000000000001');
const id = (n: number): SessionId => idFromUuid('session', `019ace5e-0000-7000-8000-${String(n).padStart(12, '0')}`);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function host(kept: SessionId[], deleted: SessionId[], stuck = new Set<SessionId>()) {
  const clock = new FakeClock();
  const live = new Set<SessionId>();
  const removed: SessionId[] = [];
  const asked: SessionId[][] = [];
  const bells = new Map<string, (bell: Bell) => void>();
  const made = new DeletedSessions({
    clock,
    logger: pino({ enabled: false }),
    isLive: (session) => live.has(session),
    bus: {
      listen: (channel, listener) => {
        bells.set(channel, listener);
        return () => bells.delete(channel);
      },
    },
    folders: {
      list: () => Promise.resolve(kept.filter((each) => !removed.includes(each)).map((sessionId) => ({ sessionId, tenantId }))),
      remove: (session) => (stuck.has(session) ? Promise.reject(new Error('EPERM')) : Promise.resolve(void removed.push(session))),
    },
    leases: {
      deletedSessions: (ids) => {
        asked.push([...ids]);
        return Promise.resolve(ids.filter((each) => deleted.includes(each)));
      },
    },
  });
  made.start();
  await settled();
  return { made, clock, live, removed, asked, ring: (bell: Bell) => bells.get(redisChannels.tenant(tenantId))?.(bell), bells };
}

describe('DeletedSessions', () => {
  it('removes at the start what was deleted meanwhile, and every few minutes what no bell told of', async () => {
    const deleted = [id(1)];
    const { clock, removed } = await host([id(1), id(2), id(3)], deleted);
    expect(removed).toEqual([id(1)]);
    deleted.push(id(3));
    await clock.run(180_000);
    expect(removed).toEqual([id(1), id(3)]);
  });

  it('looks at one session when its bell rings, and at none that it does not keep', async () => {
    const deleted: SessionId[] = [];
    const { made, ring, removed, asked } = await host([id(1)], deleted);
    made.keep({ sessionId: id(2), tenantId });
    deleted.push(id(2));
    ring({ sessionId: id(7) });
    ring({});
    await settled();
    expect(asked).toEqual([[id(1)]]);
    ring({ sessionId: id(2) });
    await settled();
    expect(asked.at(-1)).toEqual([id(2)]);
    expect(removed).toEqual([id(2)]);
  });

  it('leaves a session alone that runs here, until its run has ended', async () => {
    const deleted: SessionId[] = [];
    const { made, live, ring, removed, clock } = await host([id(1)], deleted);
    live.add(id(1));
    deleted.push(id(1));
    ring({ sessionId: id(1) });
    await clock.run(180_000);
    expect(removed).toEqual([]);
    live.delete(id(1));
    made.ended(id(1));
    await settled();
    expect(removed).toEqual([id(1)]);
  });

  it('removes the others when one cannot be removed, and that one once it can', async () => {
    const stuck = new Set([id(1)]);
    const deleted = [id(1), id(2)];
    const { made, removed, ring, clock } = await host([id(1), id(2)], deleted, stuck);
    expect(removed).toEqual([id(2)]);
    made.keep({ sessionId: id(3), tenantId });
    deleted.push(id(3));
    ring({ sessionId: id(3) });
    await settled();
    expect(removed).toEqual([id(2), id(3)]);
    stuck.clear();
    await clock.run(180_000);
    expect(removed).toEqual([id(2), id(3), id(1)]);
  });

  it('stops listening', async () => {
    const { made, bells } = await host([id(1)], []);
    await made.stop();
    expect(bells.size).toBe(0);
  });
});
