import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';
import { Typist } from './harness/typist.js';
import { ResumingViewer, seededCheck } from './harness/viewer.js';

const SECOND = 1000;
const MIB = 1024 * 1024;
const AWAY_MS = 10 * SECOND;
/** The promise is 2 s; the rest is what a busy test machine adds. */
const LONGEST_PAUSE_MS = 2.5 * SECOND;

let cluster: Cluster;
let api: Api;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, own: { redis: 'durable' } });
  api = await cluster.signIn();
});
afterAll(() => cluster.close());

test('typing goes on while Redis is away for 10 s; afterwards the log is whole or its gap is marked', async () => {
  const session = await echoSession(api);
  const { id } = session;
  const typist = await Typist.start(cluster.address(), session, api.token);
  await sleep(SECOND);
  await typist.echoed();
  await cluster.redis.stop('SIGKILL');
  for (let second = 0; second < AWAY_MS / SECOND; second += 1) {
    await sleep(SECOND);
    await typist.echoed(SECOND);
  }
  await cluster.redis.start();
  await sleep(3 * SECOND);
  await typist.stop();
  expect(typist.socket.kept('gap')).toEqual([]);
  await sleep(SECOND);

  const whole = () => programs.ready + typist.typed;
  // Two readers of the log: everything that either gets has to be what was typed there.
  const inOrder = (offset: number, bytes: Uint8Array) => {
    expect(Buffer.from(bytes).toString()).toBe(whole().slice(offset, offset + bytes.length));
  };
  const reader = new ResumingViewer({
    address: () => cluster.address(),
    sessionId: id,
    token: api.token,
    clientId: 'reader',
    onBytes: inOrder,
  });
  await reader.reaches(whole().length);
  await reader.stop();
  const log = await api.output(id);
  inOrder(log.from, log.bytes);
  expect(log.to - log.from).toBe(log.bytes.length);
  typist.socket.destroy();
});

test('under flood, the program is paused for 2 s at most when Redis goes away', () =>
  withSeed(async (_random, seed) => {
    const { id } = await api.createSession(programs.seeded(seed, 4096 * MIB, 6 * MIB));
    let last = performance.now();
    let longest = 0;
    const check = seededCheck(seed);
    const viewer = new ResumingViewer({
      address: () => cluster.address(),
      sessionId: id,
      token: api.token,
      clientId: 'flooded',
      onBytes: (offset, bytes) => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
        check(offset, bytes);
      },
    });
    await viewer.reaches(8 * MIB);
    longest = 0;
    await cluster.redis.stop('SIGKILL');
    const stopped = viewer.position;
    await sleep(5 * SECOND);
    // Once the ring holds no more than what is unlogged, output goes on without the log.
    await viewer.reaches(stopped + 12 * MIB);
    await cluster.redis.start();
    await viewer.reaches(viewer.position + 8 * MIB);
    await viewer.stop();
    expect(longest).toBeLessThan(LONGEST_PAUSE_MS);
    expect(viewer.gaps).toEqual([]);

    // The log says what it has lost, and is right about the rest.
    const reader = new ResumingViewer({
      address: () => cluster.address(),
      sessionId: id,
      token: api.token,
      clientId: 'reader',
      onBytes: check,
    });
    await reader.reaches(viewer.position);
    await reader.stop();
    expect(reader.gaps.length).toBeGreaterThan(0);
  }));
