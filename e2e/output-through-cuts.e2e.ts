import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { CutProxy } from './harness/cut-proxy.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';
import { ResumingViewer, seededCheck } from './harness/viewer.js';

const MIB = 1024 * 1024;
const BYTES = 64 * MIB;
const CUTS = 200;
const KILLS = 20;
/** Slow enough that most cuts and kills fall into the output. */
const RATE = 2 * MIB;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2 });
});
afterAll(() => cluster.close());

test(`${BYTES / MIB} MiB arrive once and in order through ${CUTS} cuts and ${KILLS} kills of a gateway`, () =>
  withSeed(async (random, seed) => {
    const api = await cluster.signIn();
    // Every second connection is cut at a chosen byte of the output, the others at a moment that has nothing to do with it.
    const weather = () => (random.chance(0.5) ? { cutAfterBytes: random.int(1, BYTES / CUTS) } : {});
    const proxies = await Promise.all([0, 1].map((index) => CutProxy.listen(() => cluster.gateway(index).port, weather)));
    const cuts = () => proxies.reduce((sum, proxy) => sum + proxy.cuts, 0);
    const { id } = await api.createSession(programs.seededThenEcho(seed, BYTES, RATE));
    const viewer = new ResumingViewer({
      address: (attempt) => `http://127.0.0.1:${proxies[attempt % 2]?.port}`,
      sessionId: id,
      token: api.token,
      clientId: 'cut-viewer',
      onBytes: seededCheck(seed),
    });

    let kills = 0;
    const kill = async () => {
      while (kills < KILLS) {
        await sleep(random.int(100, 700));
        const gateway = cluster.gateway(kills % 2);
        await gateway.kill();
        kills += 1;
        await gateway.start();
      }
    };
    const cut = async () => {
      for (let turn = 0; cuts() < CUTS; turn += 1) {
        await sleep(random.int(20, 250));
        proxies[turn % 2]?.cut();
      }
    };
    await Promise.all([kill(), cut(), viewer.reaches(BYTES, 240_000)]);
    await viewer.stop();
    await Promise.all(proxies.map((proxy) => proxy.close()));

    expect(viewer.gaps).toEqual([]);
    expect(viewer.position).toBe(BYTES);
    expect(kills).toBe(KILLS);
    expect(cuts()).toBeGreaterThanOrEqual(CUTS);
  }));
