import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { ControlPage } from './harness/control-page.js';
import { echoSession } from './harness/echo-session.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';
import { inviteMember } from './harness/second-member.js';

/** The promise for the viewers of a gateway that was killed. */
const CLEARED_MS = 10_000;

let cluster: Cluster;
let owner: Api;
let second: Api;
let watcher: Api;
const open: { close(): void }[] = [];
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, own: { redis: 'throw-away' } });
  owner = await cluster.signIn();
  await owner.expect('PATCH', '/v1/me', { name: 'The owner' });
  // The second member's calls go to the second gateway.
  const address = () => cluster.address(1);
  second = await inviteMember(cluster, owner, { name: 'second member', address });
  watcher = await inviteMember(cluster, owner, { name: 'third member', role: 'viewer', address });
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
afterAll(() => cluster.close());

async function page(api: Api): Promise<ControlPage> {
  const made = new ControlPage(api, api.address());
  open.push(made);
  return made.connected();
}

let clients = 0;
async function attach(api: Api, sessionId: string, drive = true): Promise<RawSocket> {
  const socket = await RawSocket.attach(api.address(), sessionId, { clientId: `tab-${(clients += 1)}`, drive }, { token: api.token });
  await socket.frame('attached');
  open.push({ close: () => socket.destroy() });
  return socket;
}

test('two members on different gateways see each other by name, at once when they come and when they leave', async () => {
  const { id } = await echoSession(owner);
  const [first, other] = [await page(owner), await page(second)];
  for (const each of [first, other]) each.socket.watch(id);
  await first.shows(id, []);
  const mine = await attach(owner, id);
  const theirs = await attach(second, id, false);
  for (const each of [first, other]) await each.shows(id, ['The owner driver', 'second member viewer']);
  // The same person with a second tab is two viewers.
  const tab = await attach(second, id);
  for (const each of [first, other]) await each.shows(id, ['The owner driver', 'second member driver', 'second member viewer']);
  const from = performance.now();
  await tab.detach();
  theirs.destroy();
  for (const each of [first, other]) await each.shows(id, ['The owner driver']);
  expect(performance.now() - from).toBeLessThan(2_000);
  // A new name is shown soon.
  await owner.expect('PATCH', '/v1/me', { name: 'Renamed' });
  await other.shows(id, ['Renamed driver']);
  await owner.expect('PATCH', '/v1/me', { name: 'The owner' });
  await mine.detach();
  await first.shows(id, []);
});

test('a viewer’s keys go nowhere, a driver’s do', async () => {
  const session = await echoSession(owner);
  const others = await page(owner);
  others.socket.watch(session.id);
  // One who may not drive and asks for it, and one who may and does not ask.
  const member = await attach(watcher, session.id, true);
  const looking = await attach(second, session.id, false);
  await others.shows(session.id, ['second member viewer', 'third member viewer']);
  for (const socket of [member, looking]) {
    socket.input(1, 'from a viewer');
    expect((await socket.frame('reject')).code).toBe('forbidden');
  }
  const driver = await attach(second, session.id);
  driver.input(1, 'from a driver');
  await driver.shows('from a driver');
  await looking.shows('from a driver');
  // What the program was given, it has given back: nothing else.
  expect(looking.text()).toBe(`${programs.ready}from a driver`);
});

test('the viewers of a gateway that was killed are gone within 10 s, and are there again when they come back', async () => {
  const { id } = await echoSession(owner);
  const other = await page(second);
  other.socket.watch(id);
  const doomed = await cluster.addGateway();
  const there = new Api(() => `http://127.0.0.1:${doomed.port}`, await cluster.openApi(), owner.signedIn);
  await attach(there, id);
  await attach(there, id, false);
  await attach(second, id);
  await other.shows(id, ['The owner driver', 'The owner viewer', 'second member driver']);
  await doomed.kill();
  await other.shows(id, ['second member driver'], CLEARED_MS);
  await attach(owner, id);
  await other.shows(id, ['The owner driver', 'second member driver']);
});

test('presence survives a Redis that is emptied, and one that is away', async () => {
  const { id } = await echoSession(owner);
  const [first, other] = [await page(owner), await page(second)];
  for (const each of [first, other]) each.socket.watch(id);
  await attach(owner, id);
  await attach(second, id);
  const both = ['The owner driver', 'second member driver'];
  for (const each of [first, other]) await each.shows(id, both);
  const redis = new Redis(cluster.redisUrl);
  await redis.flushall();
  await redis.quit();
  for (const each of [first, other]) await each.shows(id, both);

  await cluster.redis.stop('SIGKILL');
  // What is known without Redis: each gateway's own viewers. Nobody's socket is closed.
  await eventually(() => first.shown(id)?.join() === 'The owner driver', { what: 'the first gateway shows its own' });
  await eventually(() => other.shown(id)?.join() === 'second member driver', { what: 'the second gateway shows its own' });
  const third = await attach(owner, id, false);
  await eventually(() => first.shown(id)?.join() === 'The owner driver,The owner viewer', { what: 'a local change is told locally' });
  await third.detach();
  await cluster.redis.start();
  for (const each of [first, other]) await each.shows(id, both);
  expect([first.connections, other.connections]).toEqual([1, 1]);
});
