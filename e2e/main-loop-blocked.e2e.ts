import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { RawSocket } from './harness/raw-socket.js';

const BLOCKED_MS = 3000;
/** Time for a wrong take-over to happen. */
const WATCH_MS = 5000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, workers: 2 });
});
afterAll(() => cluster.close());

test('a main loop that stands still for 3 s loses nothing and is not taken over', async () => {
  const api = await cluster.signIn();
  const { id, run, from } = await echoSession(api);
  const viewer = await RawSocket.attach(cluster.address(), id, { clientId: 'typist', drive: true, haveUpTo: from }, { token: api.token });
  await viewer.frame('attached');
  viewer.input(1, 'before ');
  await viewer.shows('before ');

  for (const worker of cluster.workers) worker.signal('SIGSTOP');
  const typed = Array.from({ length: 20 }, (_, i) => `[${i}]`);
  for (const [i, text] of typed.entries()) {
    viewer.input(2 + i, text);
    await sleep(BLOCKED_MS / typed.length);
  }
  for (const worker of cluster.workers) worker.signal('SIGCONT');
  await viewer.shows(typed.at(-1) ?? '');
  await sleep(WATCH_MS);

  expect(viewer.text()).toBe(`before ${typed.join('')}`);
  expect(viewer.kept('gap')).toEqual([]);
  expect(await api.session(id)).toMatchObject({ status: 'running', run: { epoch: 1, state: 'running', host: run.host } });
  viewer.destroy();
});
