import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { programs } from './harness/programs.js';
import { Typist } from './harness/typist.js';
import { ResumingViewer } from './harness/viewer.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, own: { redis: 'throw-away' } });
});
afterAll(() => cluster.close());

test('live sessions go on when Redis is emptied, and new ones start', async () => {
  const api = await cluster.signIn();
  const session = await echoSession(api);
  const typist = await Typist.start(cluster.address(), session, api.token, 20);
  await sleep(1000);
  const redis = new Redis(cluster.redisUrl);
  await redis.flushall();
  await redis.quit();
  await sleep(1000);
  await typist.stop();
  expect(typist.socket.kept('gap')).toEqual([]);

  const whole = () => programs.ready + typist.typed;
  // The ring still has what the log has lost; a second gateway shows all of it.
  const late = new ResumingViewer({
    address: () => cluster.address(1),
    sessionId: session.id,
    token: api.token,
    clientId: 'late',
    onBytes: (offset, bytes) => {
      expect(bytes.toString()).toBe(whole().slice(offset, offset + bytes.length));
    },
  });
  await late.reaches(whole().length);
  await late.stop();
  expect(late.gaps).toEqual([]);
  await api.runningSession(programs.echo);
  typist.socket.destroy();
});
