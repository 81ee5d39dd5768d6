import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { ClientSocket } from './harness/client-socket.js';
import { echoSession } from './harness/echo-session.js';
import { eventually } from './harness/eventually.js';
import { LoadBalancer } from './harness/load-balancer.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';
import { withSeed } from './harness/seed.js';
import { ResumingViewer, seededCheck } from './harness/viewer.js';

const MIB = 1024 * 1024;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2 });
});
afterAll(() => cluster.close());

test('a gateway that is told to stop loses no byte, no keystroke and no request', () =>
  withSeed(async (_random, seed) => {
    const balancer = await LoadBalancer.listen(() => cluster.gateways.map(({ port }) => port));
    const address = () => balancer.address;
    const api = await cluster.signIn({ address });
    const { id } = await api.createSession(programs.seeded(seed, 4096 * MIB, MIB));
    const viewers = Array.from(
      { length: 4 },
      (_, i) => new ResumingViewer({ address, sessionId: id, token: api.token, clientId: `viewer-${i}`, onBytes: seededCheck(seed) }),
    );
    const echo = await echoSession(api);
    const typist = new ClientSocket({
      sessionId: echo.id,
      token: api.token,
      clientId: 'typist',
      gateways: [balancer.address],
      from: echo.from,
    });
    await typist.drives();
    let typed = '';
    const statuses = new Map<number, number>();
    let stopped = false;
    const load = async () => {
      while (!stopped) {
        const { status } = await api.call('GET', '/v1/sessions?limit=5');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const { status: created } = await api.call('PATCH', `/v1/sessions/${id}`, { body: { title: `title ${Math.random()}` } });
        statuses.set(created, (statuses.get(created) ?? 0) + 1);
      }
    };
    const type = async () => {
      while (!stopped) {
        const mark = `<${typed.length}>`;
        typist.type(mark);
        typed += mark;
        await sleep(10);
      }
    };
    const loads = [...Array.from({ length: 4 }, load), type()];
    await sleep(1500);
    for (const gateway of [...cluster.gateways]) {
      const { code } = await gateway.drain();
      expect(code).toBe(0);
      await gateway.start();
      await balancer.knows(gateway.port);
      await sleep(500);
    }
    stopped = true;
    await Promise.all(loads);
    await eventually(() => typist.text.length >= typed.length, { what: 'every keystroke came back' });
    expect(typist.text).toBe(typed);
    expect(typist.gaps).toEqual([]);
    typist.close();
    const reached = viewers[0]?.position ?? 0;
    await Promise.all(viewers.map((viewer) => viewer.reaches(reached + MIB)));
    await Promise.all(viewers.map((viewer) => viewer.stop()));
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(50);
    for (const viewer of viewers) {
      expect(viewer.gaps).toEqual([]);
      expect(viewer.attachments).toBeGreaterThan(1);
    }
    await balancer.close();
  }));

test('a worker that is told to stop says "drained" to everybody and ends in order', async () => {
  const api = await cluster.signIn();
  const { id, from } = await echoSession(api);
  const viewer = await RawSocket.attach(cluster.address(), id, { clientId: 'watcher', drive: true, haveUpTo: from }, { token: api.token });
  await viewer.frame('state', ({ run }) => run.state === 'running');
  viewer.input(1, 'the last words');
  await viewer.shows('the last words');

  expect(await cluster.worker().drain()).toEqual({ code: 0, signal: null });
  await viewer.frame('state', ({ run }) => run.closeReason === 'drained', 3000);
  expect(await api.session(id)).toMatchObject({ status: 'suspended', run: { state: 'closed', closeReason: 'drained' } });
  expect((await api.output(id, from)).bytes.toString()).toBe('the last words');

  await cluster.worker().start();
  await api.expect('POST', `/v1/sessions/${id}/wake`);
  const woken = await api.sessionWhen(id, 'running', ({ status }) => status === 'running');
  expect(woken.run.epoch).toBe(2);
  viewer.destroy();
});
