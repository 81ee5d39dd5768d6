import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { ClientSocket } from './harness/client-socket.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { CutProxy } from './harness/cut-proxy.js';
import { echoSession } from './harness/echo-session.js';
import { eventually } from './harness/eventually.js';
import { RawSocket } from './harness/raw-socket.js';
import { withSeed } from './harness/seed.js';

const BURSTS = 5000;
const KILLS = 6;

let cluster: Cluster;
let api: Api;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2 });
  api = await cluster.signIn();
});
afterAll(() => cluster.close());

/** Burst number `i` of a driver: names itself and has a length of its own. */
const burst = (driver: string, i: number): string => `<${driver}${i}:${'.'.repeat(i % 97)}>`;
const burstsOf = (driver: string, count: number): string => Array.from({ length: count }, (_, i) => burst(driver, i)).join('');

const firstDifference = (text: string, wanted: string): number => {
  if (text === wanted) return -1;
  for (let i = 0; i < wanted.length; i += 1) if (text[i] !== wanted[i]) return i;
  return wanted.length;
};

test(`${BURSTS} numbered bursts through cuts and kills of gateways are applied once and in order`, () =>
  withSeed(async (random) => {
    const { id, from } = await echoSession(api);
    const proxies = await Promise.all([0, 1].map((index) => CutProxy.listen(() => cluster.gateway(index).port)));
    const client = new ClientSocket({
      sessionId: id,
      token: api.token,
      clientId: 'typist',
      from,
      gateways: proxies.map(({ port }) => `http://127.0.0.1:${port}`),
    });
    await client.drives();
    let typing = true;
    const cut = async () => {
      while (typing) {
        await sleep(random.int(50, 300));
        for (const proxy of proxies) proxy.cut();
      }
    };
    const kill = async () => {
      for (let kills = 0; kills < KILLS; kills += 1) {
        await sleep(random.int(300, 1200));
        const gateway = cluster.gateway(kills % 2);
        await gateway.kill();
        await gateway.start();
      }
    };
    const type = async () => {
      for (let i = 0; i < BURSTS; i += 1) {
        client.type(burst('a', i));
        if (random.chance(0.3)) await sleep(random.int(1, 12));
      }
    };
    const typed = Promise.all([type(), kill()]).finally(() => (typing = false));
    await Promise.all([typed, cut()]);
    const wanted = burstsOf('a', BURSTS);
    await eventually(() => client.text.length >= wanted.length, { within: 30_000, what: 'every burst came back' }).catch(
      (error: unknown) => {
        throw new Error(
          `${String(error)}: ${client.text.length} of ${wanted.length}, pending ${client.socket.pendingInput}, ended ${client.ended}`,
        );
      },
    );
    expect(firstDifference(client.text, wanted)).toBe(-1);
    expect(client.gaps).toEqual([]);
    expect(client.rejected).toEqual([]);
    expect(client.connections).toBeGreaterThan(KILLS);
    client.close();
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }));

test('two drivers at once keep an order each; neither uses up the numbers of the other', async () => {
  const { id, from } = await echoSession(api);
  const count = 500;
  const drivers = ['a', 'b'].map((name, index) => ({
    name,
    client: new ClientSocket({ sessionId: id, token: api.token, clientId: `driver-${name}`, from, gateways: [cluster.address(index)] }),
  }));
  await Promise.all(drivers.map(({ client }) => client.drives()));
  for (let i = 0; i < count; i += 1) {
    for (const { name, client } of drivers) client.type(burst(name, i));
    if (i % 20 === 0) await sleep(5);
    if (i % 125 === 0) drivers[i % 2]?.client.cut();
  }
  const length = drivers.reduce((sum, { name }) => sum + burstsOf(name, count).length, 0);
  for (const { client } of drivers) await eventually(() => client.text.length === length, { what: 'everything came back' });
  expect(drivers[0]?.client.text).toBe(drivers[1]?.client.text);
  for (const { name, client } of drivers) {
    expect(client.text.match(new RegExp(`<${name}\\d+:\\.*>`, 'g'))?.join('')).toBe(burstsOf(name, count));
    client.close();
  }
});

test('a duplicated tab takes over and swallows nothing', async () => {
  const { id, from } = await echoSession(api);
  const tab = () => RawSocket.attach(cluster.address(0), id, { clientId: 'tab', drive: true, haveUpTo: from }, { token: api.token });
  const first = await tab();
  await first.frame('attached');
  first.input(1, 'one ');
  first.input(2, 'two ');
  await first.frame('inputAck', ({ lastApplied }) => lastApplied === 2);

  const second = await RawSocket.attach(cluster.address(1), id, { clientId: 'tab', drive: true, haveUpTo: from }, { token: api.token });
  expect((await second.frame('attached')).lastInputSeq).toBe(2);
  expect(await first.closed).toMatchObject({ code: 4409 });
  // What the first tab had sent is applied already: sent again, it is ignored, and the next number goes on.
  second.input(2, 'two ');
  second.input(3, 'three ');
  await second.frame('inputAck', ({ lastApplied }) => lastApplied === 3);
  await second.shows('three ');
  expect(second.text()).toBe('one two three ');
  second.destroy();
});

test('a jump in the numbers is refused and nothing of it is applied', async () => {
  const { id, from } = await echoSession(api);
  const socket = await RawSocket.attach(cluster.address(), id, { clientId: 'jumper', drive: true, haveUpTo: from }, { token: api.token });
  await socket.frame('attached');
  socket.input(1, 'one ');
  socket.input(3, 'three ');
  expect(await socket.closed).toMatchObject({ code: 4422 });
  const again = await RawSocket.attach(cluster.address(), id, { clientId: 'jumper', drive: true, haveUpTo: from }, { token: api.token });
  expect((await again.frame('attached')).lastInputSeq).toBe(1);
  again.input(2, 'two ');
  await again.shows('two ');
  expect(again.text()).toBe('one two ');
  again.destroy();
});
