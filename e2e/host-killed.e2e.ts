import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { isAlive, signal, withArgument } from './harness/process-table.js';
import { RawSocket } from './harness/raw-socket.js';
import { chosenSeed } from './harness/seed.js';
import { seededCheck } from './harness/viewer.js';

const SECOND = 1000;
/** TTL of the leases in these tests. */
const LEASE_MS = 6 * SECOND;
/** What the guardian, or after the lease the sweep, may take. */
const REPORT_MS = 5 * SECOND;

let cluster: Cluster;
let api: Api;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, own: { redis: 'durable' } });
  api = await cluster.signIn();
});
beforeEach(async () => {
  if (!cluster.worker().running) await cluster.worker().start();
});
afterAll(() => cluster.close());

const attach = (id: string, haveUpTo = 0, drive = false) =>
  RawSocket.attach(cluster.address(), id, { clientId: `viewer-${randomUUID()}`, haveUpTo, drive }, { token: api.token });

test('every process of its sessions ends within 5 s, those that left the terminal or ignore its hang-up included', async () => {
  const token = `family-${randomUUID()}`;
  const { id } = await api.runningSession(programs.family(token));
  const viewer = await attach(id);
  await viewer.shows('family of');
  const family = await eventually(
    () => {
      const found = withArgument(token);
      return ['setsid', 'stubborn', 'twice', 'parent'].every((_, i) => found.length > i) && found;
    },
    { what: 'the whole family runs' },
  );

  await cluster.worker().kill();
  await eventually(() => !family.some(isAlive) && withArgument(token).length === 0, { within: 5 * SECOND, what: 'the family is gone' });
  viewer.destroy();
});

test('viewers see "unreachable" at once and host_lost within 5 s; the tail of the log is readable', async () => {
  const seed = chosenSeed();
  const bytes = 300_000;
  const { id } = await api.createSession(programs.seededThenEcho(seed, bytes));
  const viewer = await attach(id);
  await eventually(() => viewer.text().length === bytes, { what: 'all output is there' });
  // The log is written behind the output: 20 ms or 64 KiB.
  await sleep(200);

  await cluster.worker().kill();
  await viewer.frame('state', ({ run }) => run.unreachable === true || run.state === 'closed', SECOND);
  await viewer.frame('state', ({ run }) => run.closeReason === 'host_lost', REPORT_MS);
  const session = await api.session(id);
  expect(session).toMatchObject({ status: 'suspended', run: { epoch: 1, state: 'closed', closeReason: 'host_lost' } });

  const tail = await api.output(id, bytes - 100_000);
  expect(tail.from).toBe(bytes - 100_000);
  expect(tail.bytes.length).toBe(100_000);
  seededCheck(seed)(tail.from, tail.bytes);
  viewer.destroy();

  const late = await attach(id, bytes - 1000);
  await late.frame('state', ({ run }) => run.closeReason === 'host_lost');
  await eventually(() => late.text().length === 1000, { what: 'the last 1000 bytes come from the log' });
  late.destroy();
});

test('with the guardian gone too, host_lost comes within the lease and 5 s', async () => {
  const token = `family-${randomUUID()}`;
  const { id } = await api.runningSession(programs.family(token));
  const viewer = await attach(id);
  await viewer.shows('family of');

  const worker = cluster.worker();
  signal(worker.guardianPid, 'SIGSTOP');
  const killed = performance.now();
  await worker.kill();
  signal(worker.guardianPid, 'SIGKILL');
  await eventually(() => withArgument(token).length === 0, { within: 5 * SECOND, what: 'the family is gone' });
  await viewer.frame('state', ({ run }) => run.closeReason === 'host_lost', LEASE_MS + REPORT_MS - (performance.now() - killed));
  viewer.destroy();
});

test('wake goes on with the next epoch, on the same screen size, behind every offset that anyone has seen', async () => {
  const size = { cols: 101, rows: 33 };
  const { id } = await echoSession(api, size);
  const before = await RawSocket.attach(cluster.address(), id, { clientId: 'driver', drive: true, ...size }, { token: api.token });
  await before.frame('state', ({ run }) => run.state === 'running');
  before.input(1, 'before the death');
  await before.shows('before the death');
  await cluster.worker().kill();
  await before.frame('state', ({ run }) => run.closeReason === 'host_lost');

  await cluster.worker().start();
  await api.expect('POST', `/v1/sessions/${id}/wake`);
  const session = await api.sessionWhen(id, 'running', ({ status }) => status === 'running');
  expect(session).toMatchObject({ run: { epoch: 2 }, ...size });
  await before.frame('state', ({ run }) => run.epoch === 2 && run.state === 'running');
  await eventually(() => before.text().split(programs.ready).length === 3, { what: 'the new program is ready' });
  before.input(1, 'after the death');
  await before.shows('after the death');
  const [old, fresh] = ['before', 'after'].map((word) => before.kept('output').find(({ bytes }) => bytes.toString().includes(word)));
  expect(fresh?.offset).toBeGreaterThanOrEqual((old?.offset ?? Infinity) + (old?.bytes.length ?? 0));
  before.destroy();
});

test('no offset ever names two bytes, also when the viewer was ahead of the log', async () => {
  const seed = chosenSeed();
  const bytes = 400_000;
  const { id } = await api.createSession(programs.seededOnGo(seed, bytes));
  const viewer = await attach(id, 0, true);
  await viewer.shows(programs.ready);
  const from = programs.ready.length;
  const end = from + bytes;

  await cluster.redis.stop('SIGKILL');
  viewer.input(1, 'go\n');
  await eventually(() => viewer.text().length === end, { what: 'output goes on without its log' });
  await cluster.worker().kill();
  await cluster.redis.start();
  await cluster.worker().start();
  await viewer.frame('state', ({ run }) => run.closeReason === 'host_lost');

  await api.expect('POST', `/v1/sessions/${id}/wake`);
  await api.sessionWhen(id, 'running', ({ run, status }) => status === 'running' && run.epoch === 2);
  viewer.destroy();

  const late = await attach(id, end, true);
  expect((await late.frame('attached')).epoch).toBe(2);
  await late.shows(programs.ready);
  late.input(1, 'go\n');
  const [first] = late.kept('output');
  const base = first?.offset ?? 0;
  expect(base).toBeGreaterThanOrEqual(end);
  // What the host itself writes first makes the terminal as new.
  const written = (): string => late.text().slice(late.text().indexOf(programs.ready) + from);
  await eventually(() => written().length === bytes, { what: 'the second run writes all of its output' });
  seededCheck(seed)(0, Buffer.from(written(), 'latin1'));
  late.destroy();

  // What the dead host never logged is a gap for everybody, not somebody else's bytes.
  const fromTheStart = await attach(id, 0);
  const lost = await fromTheStart.frame('gap', ({ to }) => to >= end);
  expect(lost.to).toBe(base);
  for (const frame of fromTheStart.kept('output').filter(({ offset }) => offset >= from && offset < lost.from))
    seededCheck(seed, from)(frame.offset, frame.bytes);
  fromTheStart.destroy();
});
