import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openBus } from '@berth/bus';
import { AppError, idFromUuid } from '@berth/protocol';
import type { SessionView } from '@berth/protocol';
import { waitFor } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_PENDING_OF_ADDRESS } from '../bytes/limits.js';
import { monotonicClock } from '../bytes/monotonic-clock.js';
import { UpgradeRouter } from '../bytes/upgrade-router.js';
import { ControlServer } from './control.server.js';
import { RawControl } from './testing/raw-control.js';

const sessionId = idFromUuid('session', randomUUID());
const bus = () => openBus({ redisUrl: process.env['BERTH_TEST_REDIS_URL'] ?? '' });

let origin: string;
let server: ControlServer;
let router: UpgradeRouter;
let sockets: RawControl[];
let tracked: Set<object>;
let listening: number;
let asked: number;
let failures: unknown[];
let close: () => Promise<void>;

/** Control sockets on a real HTTP server; the ticket `good` is good, `slow` is good after a while. */
beforeEach(async () => {
  sockets = [];
  tracked = new Set();
  failures = [];
  listening = 0;
  asked = 0;
  const someBus = bus();
  const adapter = someBus.controlAdapter();
  const listen = (rung: (bell: object) => void) => {
    listening += 1;
    rung({});
    return () => void (listening -= 1);
  };
  server = new ControlServer({
    sources: {
      authenticate: async (ticket) => {
        asked += 1;
        if (ticket === 'slow') await new Promise((resolve) => setTimeout(resolve, 500));
        else if (ticket === 'broken') throw new Error('a secret of ours');
        else if (ticket !== 'good') throw new AppError('unauthenticated');
        return {
          tenantId: idFromUuid('tenant', randomUUID()),
          userId: idFromUuid('user', randomUUID()),
          familyId: randomUUID(),
          role: 'member',
        };
      },
      track: (_principal, listener) => {
        tracked.add(listener);
        return () => tracked.delete(listener);
      },
      tenant: () => ({ list: async () => [], read: async (ids) => ids.map((): SessionView | undefined => undefined), listen }),
      session: () => ({ exists: async () => true, read: async () => [], listen }),
    },
    adapter: adapter.create,
    clock: monotonicClock,
    failed: (error) => failures.push(error),
  });
  router = new UpgradeRouter([server.target], () => true);
  const http = createServer((_request, response) => response.end());
  router.listen(http, () => false);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;
  close = async () => {
    await server.close();
    adapter.close();
    someBus.close();
    await new Promise((resolve) => http.close(resolve));
  };
});
afterEach(async () => {
  for (const { websocket } of sockets) websocket.terminate();
  await close();
});

function raw(): RawControl {
  const socket = new RawControl(origin);
  sockets.push(socket);
  return socket;
}
const held = () => ({ pending: router.pendingCount, open: server.count, following: server.following, tracked: tracked.size, listening });
const NOTHING = { pending: 0, open: 0, following: 0, tracked: 0, listening: 0 };

describe('what a control socket holds', () => {
  it('is counted as half-open until its ticket is accepted, and is nothing once it is gone', async () => {
    const socket = await raw().opened();
    await waitFor(() => router.pendingCount === 1);
    await socket.connect({ ticket: 'good' });
    expect(await socket.call('session.watch', { sessionId })).toEqual({ ok: true });
    expect(await socket.call('session.watch', { sessionId })).toEqual({ ok: true });
    expect(held()).toEqual({ pending: 0, open: 1, following: 2, tracked: 1, listening: 2 });
    expect(await socket.call('session.unwatch', { sessionId })).toEqual({ ok: true });
    expect(held()).toEqual({ pending: 0, open: 1, following: 1, tracked: 1, listening: 1 });
    await socket.call('session.watch', { sessionId });
    socket.websocket.terminate();
    await waitFor(() => JSON.stringify(held()) === JSON.stringify(NOTHING));
  });

  it('is nothing for those who are refused, leave while they are admitted, or break the protocol', async () => {
    expect(await raw().connect({ ticket: 'bad' })).toMatchObject({ type: 4, data: { message: 'unauthenticated' } });
    const broken = await raw().connect({ ticket: 'broken' });
    expect(broken).toMatchObject({ type: 4, data: { message: 'internal' } });
    expect(JSON.stringify(broken)).not.toContain('secret');
    expect(failures).toHaveLength(1);
    const leaving = await raw().opened();
    leaving.send({ type: 0, nsp: '/', data: { ticket: 'slow' } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    leaving.websocket.terminate();
    const odd = raw();
    await odd.connect({ ticket: 'good' });
    odd.send({ type: 1, nsp: '/' });
    await odd.closed();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(held()).toEqual(NOTHING);
  });

  it('is one conversation: a second CONNECT on the same connection ends it', async () => {
    const twice = raw();
    await twice.connect({ ticket: 'good' });
    twice.send({ type: 0, nsp: '/', data: { ticket: 'good' } });
    await twice.closed();
    await waitFor(() => JSON.stringify(held()) === JSON.stringify(NOTHING));
  });

  it('is one try: tickets that are sent in a hurry on the same connection are not even looked at', async () => {
    const hasty = await raw().opened();
    for (let i = 0; i < 100; i += 1) hasty.send({ type: 0, nsp: '/', data: { ticket: i === 0 ? 'slow' : 'good' } });
    await hasty.closed();
    expect(asked).toBe(1);
    await waitFor(() => JSON.stringify(held()) === JSON.stringify(NOTHING));
  });

  it(`T30: of one address at most ${MAX_PENDING_OF_ADDRESS} are half-open, and those who got in do not count`, async () => {
    const inside = raw();
    await inside.connect({ ticket: 'good' });
    const half: RawControl[] = [];
    // Not all in one turn: the kernel holds 511 connections that nobody has accepted yet, and then makes some wait for seconds.
    while (half.length < MAX_PENDING_OF_ADDRESS) half.push(...(await Promise.all(Array.from({ length: 64 }, () => raw().opened()))));
    const refused = await raw().opened();
    expect(refused.status).toBe(429);
    half[0]?.websocket.terminate();
    await waitFor(() => router.pendingCount < MAX_PENDING_OF_ADDRESS);
    const another = raw();
    expect(await another.connect({ ticket: 'good' })).toMatchObject({ type: 0 });
  });
});
