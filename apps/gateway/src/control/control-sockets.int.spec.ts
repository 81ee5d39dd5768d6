import { Bus } from '@berth/bus';
import type { SessionView } from '@berth/protocol';
import { redisChannels } from '@berth/protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { ControlSockets } from './control-sockets.js';
import { Listener } from './testing/listener.js';

let gateway: TestGateway;
const listeners: Listener[] = [];
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterEach(() => {
  for (const { socket } of listeners.splice(0)) socket.close();
});
afterAll(() => gateway.close());

async function listening(role?: 'owner' | 'member' | 'viewer') {
  const signedIn = await gateway.signedIn(role);
  const listener = new Listener(signedIn.api);
  listeners.push(listener);
  return { ...signedIn, listener: await listener.connected() };
}
const create = (api: ApiClient, title = 'a session'): Promise<SessionView> =>
  api.expect('POST', '/v1/sessions', { kind: 'terminal', title, command: ['true'] });

describe('session.updated', () => {
  it('tells of a session that is new, renamed, closed and deleted, as REST shows it', async () => {
    const { api, listener } = await listening();
    const session = await create(api);
    await listener.hears(session.id, (now) => now?.status === 'queued');
    expect(listener.updates[0]).toEqual({ sessionId: session.id, session: await api.expect('GET', `/v1/sessions/${session.id}`) });
    await api.expect('PATCH', `/v1/sessions/${session.id}`, { title: 'renamed' });
    await listener.hears(session.id, (now) => now?.title === 'renamed');
    await api.expect('POST', `/v1/sessions/${session.id}/close`);
    await listener.hears(session.id, (now) => now?.status === 'closed');
    expect((await api.call('DELETE', `/v1/sessions/${session.id}`)).status).toBe(204);
    await listener.hears(session.id, (now) => now === null);
  });

  it('T54: reaches nobody of another tenant', async () => {
    const one = await listening();
    const two = await listening();
    const session = await create(one.api);
    await one.listener.hears(session.id, (now) => now !== null);
    const mine = await create(two.api);
    await two.listener.hears(mine.id, (now) => now !== null);
    gateway.gateway.app.get(ControlSockets).notify(one.member.tenantId, { level: 'info', text: 'for the first' });
    await expect.poll(() => one.listener.notices).toEqual([{ level: 'info', text: 'for the first' }]);
    expect(two.listener.updates.map(({ sessionId }) => sessionId)).toEqual([mine.id]);
    expect(two.listener.notices).toEqual([]);
  });

  it('makes few messages of many bells, and ends with the state that stays', async () => {
    const { api, member, listener } = await listening();
    const bus = gateway.gateway.app.get(Bus);
    const session = await create(api);
    await listener.hears(session.id, (now) => now !== null);
    const before = listener.updates.length;
    const from = performance.now();
    for (let cols = 100; cols < 300; cols += 1) {
      await gateway.database.query('UPDATE sessions SET cols = $1 WHERE title = $2', [cols, 'a session']);
      for (let ring = 0; ring < 5; ring += 1) void bus.ring(redisChannels.tenant(member.tenantId), { sessionId: session.id });
    }
    const seconds = (performance.now() - from) / 1000;
    await listener.hears(session.id, (now) => now?.cols === 299);
    // One for each pause of 200 ms, where 1000 bells rang.
    expect(listener.updates.length - before).toBeLessThanOrEqual(Math.ceil(seconds * 5) + 2);
    // Bells about nothing say nothing.
    const after = listener.updates.length;
    for (let ring = 0; ring < 20; ring += 1) await bus.ring(redisChannels.tenant(member.tenantId), { sessionId: session.id });
    await sleep(600);
    expect(listener.updates).toHaveLength(after);
  });

  it('finds out by the list what bells did not say, the deleted included', async () => {
    const { api, member, listener } = await listening();
    const [kept, changed, gone] = [await create(api, 'kept'), await create(api, 'changed'), await create(api, 'gone')];
    await listener.hears(gone.id, (now) => now !== null);
    const before = listener.updates.length;
    await gateway.database.query(`UPDATE sessions SET title = 'otherwise' WHERE title = 'changed'`);
    await gateway.database.query(`DELETE FROM sessions WHERE title = 'gone'`);
    await gateway.gateway.app.get(Bus).ring(redisChannels.tenant(member.tenantId));
    await listener.hears(changed.id, (now) => now?.title === 'otherwise');
    await listener.hears(gone.id, (now) => now === null);
    expect(listener.updates.slice(before).map(({ sessionId }) => sessionId)).not.toContain(kept.id);
  });
});

describe('presence', () => {
  it('is said when it is asked for, and when it changes', async () => {
    const { api, member, listener } = await listening();
    const session = await create(api);
    const unwatch = listener.socket.watch(session.id);
    await listener.sees(session.id, (viewers) => viewers.length === 0);
    const bus = gateway.gateway.app.get(Bus);
    const viewer = { id: 'v1', userId: member.userId, name: 'somebody', role: 'viewer' as const, since: new Date().toISOString() };
    const key = { tenantId: member.tenantId, sessionId: session.id };
    await bus.presence.update(key, { here: [viewer] });
    await bus.ring(redisChannels.viewers(member.tenantId, session.id));
    await listener.sees(session.id, (viewers) => viewers.length === 1);
    expect(listener.presence.get(session.id)).toEqual([viewer]);
    expect(await api.expect('GET', `/v1/sessions/${session.id}/viewers`)).toEqual({ items: [viewer], nextCursor: null });
    // Without a bell, at the next look.
    await bus.presence.update(key, { gone: ['v1'] });
    await listener.sees(session.id, (viewers) => viewers.length === 0);
    unwatch();
    await sleep(200);
    const before = listener.presences;
    await bus.presence.update(key, { here: [viewer] });
    await bus.ring(redisChannels.viewers(member.tenantId, session.id));
    await sleep(500);
    expect(listener.presences).toBe(before);
  });

  it('T31: of another tenant’s session is answered over REST as of one that never was', async () => {
    const [one, two] = [await listening(), await listening()];
    const session = await create(one.api);
    const foreign = await two.api.problem('GET', `/v1/sessions/${session.id}/viewers`);
    const never = await two.api.problem('GET', `/v1/sessions/ses_${'0'.repeat(32)}/viewers`);
    expect({ ...foreign, requestId: '' }).toEqual({ ...never, requestId: '' });
    expect(foreign.status).toBe(404);
  });
});

describe('a gateway', () => {
  it('tells its clients that it drains, and takes in nobody', async () => {
    const own = await startTestGateway();
    const { api } = await own.signedIn();
    const clients = await Promise.all(Array.from({ length: 4 }, () => new Listener(api).connected()));
    const from = performance.now();
    const left = new Map<Listener, number>();
    for (const client of clients) {
      client.socket.onStatus((status) => {
        if (status === 'offline' && !left.has(client)) left.set(client, performance.now() - from);
      });
    }
    await own.gateway.drain(1_000);
    await expect.poll(() => left.size).toBe(4);
    expect(clients.every(({ notices }) => notices.some(({ subject }) => subject === 'gateway'))).toBe(true);
    // Spread out over the time that there is.
    expect(Math.max(...left.values())).toBeGreaterThan(500);
    expect(clients.every(({ socket }) => socket.status !== 'connected')).toBe(true);
    for (const { socket } of clients) socket.close();
    await own.close();
  });

  it('has a notice cross to another gateway once, and nothing of it return', async () => {
    const other = await startTestGateway();
    const { listener, member } = await listening();
    const heard: string[] = [];
    listener.socket.on('notice', ({ text }) => heard.push(text));
    gateway.gateway.app.get(ControlSockets).notify(member.tenantId, { level: 'info', text: 'from here' });
    other.gateway.app.get(ControlSockets).notify(member.tenantId, { level: 'warning', text: 'from there' });
    await expect.poll(() => heard.length).toBe(2);
    await sleep(500);
    expect([...heard].sort()).toEqual(['from here', 'from there']);
    await other.close();
  });
});
