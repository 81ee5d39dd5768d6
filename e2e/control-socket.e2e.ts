import { isDeepStrictEqual } from 'node:util';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { ControlPage } from './harness/control-page.js';
import { CutProxy } from './harness/cut-proxy.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { inviteMember } from './harness/second-member.js';

let cluster: Cluster;
let owner: Api;
/** Asks the second gateway. */
let second: Api;
const open: { close(): void }[] = [];
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, own: { redis: 'throw-away' } });
  owner = await cluster.signIn();
  second = await inviteMember(cluster, owner, { name: 'second member', address: () => cluster.address(1) });
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
afterAll(() => cluster.close());

async function page(api: Api, address = api.address()): Promise<ControlPage> {
  const made = new ControlPage(api, address);
  open.push(made);
  return made.connected();
}

test('every step of a session’s life is heard at the other gateway, as REST shows it', async () => {
  const other = await page(second);
  const { id } = await owner.createSession(programs.echo, { title: 'first title' });
  await other.hears(id, 'running', (session) => session?.status === 'running' && session.run.state === 'running');
  expect(other.updates.find(({ sessionId }) => sessionId === id)?.session).toMatchObject({ title: 'first title', command: programs.echo });
  await owner.expect('PATCH', `/v1/sessions/${id}`, { title: 'second title' });
  await other.hears(id, 'renamed', (session) => session?.title === 'second title');
  await owner.expect('POST', `/v1/sessions/${id}/close`);
  await other.hears(id, 'closed', (session) => session?.status === 'closed' && session.run.closeReason === 'cancelled');
  const shown = await second.session(id);
  await other.hears(id, 'what REST says', (session) => isDeepStrictEqual(session, shown));
  expect((await owner.call('DELETE', `/v1/sessions/${id}`)).status).toBe(204);
  await other.hears(id, 'deleted', (session) => session === null);
});

test('a client of somebody else’s making needs a ticket and the documented settings, nothing more', async () => {
  const { id } = await owner.createSession(['true']);
  const connect = (auth: object) => {
    const socket = io(second.address(), { transports: ['websocket'], parser, auth, reconnection: false, forceNew: true });
    open.push(socket);
    return socket;
  };
  const refused = await new Promise<Error>((resolve) => connect({ ticket: 'none' }).on('connect_error', resolve));
  expect(refused).toMatchObject({ message: 'unauthenticated', data: { code: 'unauthenticated', status: 401 } });
  const socket = connect(await second.expect('POST', '/v1/socket-tickets', {}));
  await new Promise<void>((resolve) => socket.on('connect', resolve));
  const presence = new Promise((resolve) => socket.on('session.presence', resolve));
  expect(await socket.emitWithAck('session.watch', { sessionId: id })).toEqual({ ok: true });
  expect(await presence).toEqual({ sessionId: id, viewers: [] });
  expect(await socket.emitWithAck('session.watch', { sessionId: `ses_${'0'.repeat(32)}` })).toMatchObject({
    ok: false,
    problem: { code: 'not_found' },
  });
  const updated = new Promise((resolve) =>
    socket.on('session.updated', (update: { session?: { title?: string } }) => update.session?.title === 'heard' && resolve(update)),
  );
  await owner.expect('PATCH', `/v1/sessions/${id}`, { title: 'heard' });
  expect(await updated).toMatchObject({ sessionId: id, session: { id, title: 'heard' } });
});

test('notices cross gateways, once each', async () => {
  const [here, there] = [await page(owner), await page(second)];
  await inviteMember(cluster, owner, { name: 'new member' });
  for (const each of [here, there]) await each.hearsNotice('of a new member', ({ text }) => text === 'new member was added.');
  await owner.expect('PUT', '/v1/model-settings', { provider: 'scripted' });
  for (const each of [here, there]) await each.hearsNotice('of model settings', ({ subject }) => subject === 'model-settings');
  const { items } = await owner.get<{ items: { user: { id: string; name: string } }[] }>('/v1/members');
  const newcomer = items.find(({ user }) => user.name === 'new member')?.user.id ?? '';
  expect((await owner.call('DELETE', `/v1/members/${newcomer}`)).status).toBe(204);
  for (const each of [here, there]) await each.hearsNotice('of a member who left', ({ text }) => text === 'new member was removed.');
  for (const each of [here, there]) expect(each.notices).toHaveLength(3);
});

test('a page whose connection is cut again and again comes back by itself, and hears what happens then', async () => {
  const proxy = await CutProxy.listen(() => cluster.gateway(1).port);
  open.push({ close: () => void proxy.close() });
  const cut = await page(second, `http://127.0.0.1:${proxy.port}`);
  for (let round = 2; round <= 6; round += 1) {
    proxy.cut();
    await cut.connected(round);
    const { id } = await owner.createSession(['true'], { title: `round ${round}` });
    await cut.hears(id, 'closed', (session) => session?.status === 'closed');
  }
  expect(cut.connections).toBe(6);
});

test('own events are heard while Redis is away, and the others’ when it is back', async () => {
  const [here, there] = [await page(owner), await page(second)];
  const { id } = await owner.createSession(['true'], { title: 'before' });
  for (const each of [here, there]) await each.hears(id, 'closed', (session) => session?.status === 'closed');
  await cluster.redis.stop('SIGKILL');
  await owner.expect('PATCH', `/v1/sessions/${id}`, { title: 'while it is away' });
  await here.hears(id, 'renamed', (session) => session?.title === 'while it is away');
  // A page that opens now is let in all the same.
  const late = await page(owner);
  await owner.expect('PATCH', `/v1/sessions/${id}`, { title: 'renamed again' });
  for (const each of [here, late]) await each.hears(id, 'renamed again', (session) => session?.title === 'renamed again');
  await cluster.redis.start();
  await there.hears(id, 'renamed again', (session) => session?.title === 'renamed again');
  await eventually(
    async () => {
      await owner.expect('PUT', '/v1/model-settings', { provider: 'scripted' });
      return there.notices.some(({ subject }) => subject === 'model-settings');
    },
    { within: 15_000, every: 500, what: 'notices cross again' },
  );
  expect([here.connections, there.connections]).toEqual([1, 1]);
});

test('a gateway that drains tells its pages, which go to another one', async () => {
  const leaving = await cluster.addGateway();
  let port = leaving.port;
  const proxy = await CutProxy.listen(() => port);
  open.push({ close: () => void proxy.close() });
  const moved = await page(owner, `http://127.0.0.1:${proxy.port}`);
  port = cluster.gateway(1).port;
  expect((await leaving.drain()).code).toBe(0);
  await moved.hearsNotice('of the restart', ({ subject }) => subject === 'gateway');
  await moved.connected(2);
});
