import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@berth/testing';
import { startCluster } from '../../harness/cluster.js';
import { CutProxy } from '../../harness/cut-proxy.js';
import { programs } from '../../harness/programs.js';
import { ResumingViewer, seededCheck } from '../../harness/viewer.js';
import { atMost } from '../suite.js';
import type { PrepareSuite } from '../suite.js';

const MIB = 1024 * 1024;
const BREAKS = 1_000;
const KILL_EVERY = 10;
const RATE = 1 * MIB;
/** More than is written until the last break. */
const BYTES = 1024 * MIB;
const LOST = 'lost or doubled bytes';
const BROKEN = 'cuts and kills';

/** One viewer through a thousand random cuts of its connection and kills of its gateway; its own check throws on a doubled or missing byte. */
export const reconnect: PrepareSuite = async ({ say }) => {
  const cluster = await startCluster({ gateways: 2, env: { LOG_LEVEL: 'warn' } });
  const api = await cluster.signIn();
  return {
    ratios: [{ title: `bytes lost over ${BREAKS} cuts and kills`, metric: LOST, of: 'berth', to: 'one byte', goal: atMost(0, 0) }],
    async round() {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = seededRandom(seed);
      say(`seed ${seed}`);
      const weather = () => (random.chance(0.5) ? { cutAfterBytes: random.int(1, RATE / 4) } : {});
      const proxies = await Promise.all([0, 1].map((index) => CutProxy.listen(() => cluster.gateway(index).port, weather)));
      const { id } = await api.createSession(programs.seededThenEcho(seed, BYTES, RATE));
      const viewer = new ResumingViewer({
        address: (attempt) => `http://127.0.0.1:${proxies[attempt % 2]?.port}`,
        sessionId: id,
        token: api.token,
        clientId: 'bench',
        onBytes: seededCheck(seed),
      });
      let kills = 0;
      const breaks = () => kills + proxies.reduce((sum, proxy) => sum + proxy.cuts, 0);
      for (let turn = 1; breaks() < BREAKS; turn += 1) {
        await sleep(random.int(10, 200));
        if (viewer.failure) throw viewer.failure;
        if (turn % KILL_EVERY !== 0) {
          proxies[turn % 2]?.cut();
          continue;
        }
        const gateway = cluster.gateway(random.int(0, 1));
        await gateway.kill();
        await gateway.start();
        kills += 1;
      }
      await viewer.stop();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await api.expect('POST', `/v1/sessions/${id}/close`);
      const lost = viewer.gaps.reduce((sum, { from, to }) => sum + to - from, 0);
      return [
        { metric: LOST, variant: 'berth', value: lost },
        { metric: LOST, variant: 'one byte', value: 1 },
        { metric: BROKEN, variant: 'berth', value: breaks() },
        { metric: 'MiB watched', variant: 'berth', value: viewer.position / MIB },
      ];
    },
    close: () => cluster.close(),
  };
};
