import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { within } from './harness/eventually.js';
import { write } from './harness/frames.js';
import { RawSocket } from './harness/raw-socket.js';
import { addColleague } from './harness/second-tenant.js';

const MIB = 1024 * 1024;
/** A connection has this long to say what it wants. */
const ATTACH_MS = 5000;

let cluster: Cluster;
let api: Api;
let id: string;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
  api = await cluster.signIn();
  ({ id } = await echoSession(api));
});
afterAll(() => cluster.close());

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const attach = write.attach({ clientId: 'bad', drive: true });
/** ATTACH with one byte replaced. */
const attachWith = (at: number, value: number): Buffer => {
  const copy = Buffer.from(attach);
  copy.writeUInt8(value, at);
  return copy;
};

/** What is sent instead of ATTACH, and the code that answers. */
const FIRST: Record<string, [code: number, ...messages: (Buffer | string)[]]> = {
  'a text frame': [1003, 'hello'],
  'an empty frame': [4422, bytes()],
  'an unknown type': [4422, bytes(0)],
  'another unknown type': [4422, bytes(255, 1, 2, 3)],
  'a frame that only servers send': [4422, bytes(3, 0, 0, 0, 0, 0, 0, 65)],
  'INPUT before ATTACH': [4422, write.input(1, 'x')],
  'ACK before ATTACH': [4422, write.ack(0)],
  'RESIZE before ATTACH': [4422, write.resize(80, 24)],
  'a torn ATTACH': [4422, attach.subarray(0, 9)],
  'an ATTACH with a tail': [4422, Buffer.concat([attach, bytes(0)])],
  'an ATTACH whose clientId is shorter than it says': [4422, attachWith(12, 9)],
  'an ATTACH without a clientId': [4422, write.attach({ clientId: '' })],
  'an ATTACH with a clientId of forbidden characters': [4422, write.attach({ clientId: 'a:b' })],
  'an ATTACH with a clientId that is no utf-8': [4422, attachWith(14, 0xff)],
  'an ATTACH with unknown flags': [4422, attachWith(11, 0x82)],
  'T32 an ATTACH of no columns': [4422, write.attach({ clientId: 'bad', cols: 0 })],
  'T32 an ATTACH of 65535 rows': [4422, write.attach({ clientId: 'bad', rows: 65_535 })],
  'an ATTACH ahead of the output': [4422, write.attach({ clientId: 'bad', haveUpTo: 2 ** 40 })],
  'two ATTACH': [4422, attach, attach],
};

/** What is sent after ATTACHED, and the code that answers. */
const LATER: Record<string, [code: number, ...messages: (Buffer | string)[]]> = {
  'a text frame': [1003, '{"type":"input"}'],
  'an unknown type': [4422, bytes(99)],
  'a frame that only servers send': [4422, Buffer.concat([bytes(2), Buffer.alloc(25)])],
  'a torn INPUT': [4422, bytes(4, 0, 0)],
  'INPUT number 0': [4422, write.input(0, 'x')],
  'INPUT that jumps': [4422, write.input(1, 'x'), write.input(3, 'y')],
  'an ACK of what was never sent': [4422, write.ack(2 ** 40)],
  'a torn ACK': [4422, bytes(6, 0, 0, 0)],
  'a RESIZE with a tail': [4422, Buffer.concat([write.resize(80, 24), bytes(1)])],
  'T32 a RESIZE to 0x0': [4422, write.resize(0, 0)],
  'T32 a RESIZE to one column': [4422, write.resize(1, 24)],
  'T32 a RESIZE to 1001x24': [4422, write.resize(1001, 24)],
  'T32 a RESIZE to 80x501': [4422, write.resize(80, 501)],
  'a PING of one byte': [4422, bytes(11, 1)],
  'T26 a message of 1 MiB and one byte': [1009, Buffer.concat([write.input(1, Buffer.alloc(MIB - 4, 65))])],
};

const open = () => RawSocket.open(cluster.address(), id, { token: api.token });

for (const [what, [code, ...messages]] of Object.entries(FIRST)) {
  test(`${what} closes with ${code}`, async () => {
    const socket = await open();
    for (const message of messages) socket.send(message);
    expect((await within(ATTACH_MS - 1000, 'it closes', socket.closed)).code).toBe(code);
  });
}

for (const [what, [code, ...messages]] of Object.entries(LATER)) {
  test(`after ATTACHED, ${what} closes with ${code}`, async () => {
    const socket = await open();
    socket.send(write.attach({ clientId: `later-${code}-${Math.random().toString(36).slice(2)}`, drive: true }));
    await socket.frame('attached');
    for (const message of messages) socket.send(message);
    expect((await within(ATTACH_MS - 1000, 'it closes', socket.closed)).code).toBe(code);
  });
}

test('a connection that says nothing is closed after 5 s', async () => {
  const socket = await open();
  const began = performance.now();
  const { code } = await within(ATTACH_MS + 2000, 'it closes', socket.closed);
  expect(code).toBe(4422);
  expect(performance.now() - began).toBeGreaterThan(ATTACH_MS - 1000);
});

test('an unknown or malformed session id closes with 4404, no credentials with 4401', async () => {
  for (const [path, token, code] of [
    [`ses_${'0'.repeat(32)}`, api.token, 4404],
    ['ses_1', api.token, 4404],
    ['..%2f..', api.token, 4404],
    [id, 'nonsense', 4401],
  ] as const) {
    const socket = await RawSocket.attach(cluster.address(), path, { clientId: 'bad' }, { token });
    expect((await socket.closed).code, path).toBe(code);
  }
});

test('a viewer by role may watch but not type: its input is rejected and its number is used up', async () => {
  const email = await addColleague(cluster, 'viewer');
  const colleague = await cluster.signIn({ email });
  const socket = await RawSocket.attach(cluster.address(), id, { clientId: 'onlooker', drive: true }, { token: colleague.token });
  expect((await socket.frame('attached')).role).toBe(0);
  socket.input(1, 'sneaky');
  expect((await socket.frame('reject')).code).toBe('forbidden');
  socket.input(2, 'sneaky');
  await socket.frame('reject', ({ inputSeq }) => inputSeq === 2);
  socket.send(write.resize(200, 50));
  socket.send(write.ping(7));
  await socket.frame('pong', ({ token }) => token === 7);
  expect(socket.text()).not.toContain('sneaky');
  socket.destroy();
});

test('T29: compression is never negotiated', async () => {
  const socket = await open();
  expect(socket.websocket.extensions).toBe('');
  expect(socket.websocket.protocol).toBe('berth.bytes.v1');
  socket.destroy();
});

test('after all of this the gateway and the session serve as before', async () => {
  expect((await fetch(`${cluster.address()}/health`)).status).toBe(200);
  const socket = await RawSocket.attach(cluster.address(), id, { clientId: 'good', drive: true }, { token: api.token });
  await socket.frame('attached');
  socket.input(1, 'still here');
  await socket.shows('still here');
  socket.destroy();
});
