import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@berth/testing';
import { startCluster } from '../../harness/cluster.js';
import { CutProxy } from '../../harness/cut-proxy.js';
import { programs } from '../../harness/programs.js';
import { ResumingViewer, seededCheck } from '../../harness/viewer.js';
import { atMost } from '../suite.js';
import type { PreparedSuite, Suite, SuiteContext } from '../suite.js';

const MIB = 1024 * 1024;
const CUTS = 1_000;
const KILLS = 50;
/** Cuts between two words of how far it is. */
const SAY_EVERY = 250;
const RATE = 1 * MIB;
/** More than is written until the last break. */
const BYTES = 1024 * MIB;
const LOST = 'bytes lost';
const BROKEN = 'cuts and kills';

async function prepare({ say }: SuiteContext): Promise<PreparedSuite> {
  const cluster = await startCluster({ gateways: 2, env: { LOG_LEVEL: 'warn' } });
  const api = await cluster.signIn();
  return {
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
      const cuts = () => proxies.reduce((sum, proxy) => sum + proxy.cuts, 0);
      const done = () => {
        if (viewer.failure) throw viewer.failure;
        return cuts() >= CUTS && kills >= KILLS;
      };
      const kill = async () => {
        while (!done()) {
          await sleep(random.int(100, 700));
          const gateway = cluster.gateway(random.int(0, 1));
          await gateway.kill();
          kills += 1;
          await gateway.start();
        }
      };
      const cut = async () => {
        for (let said = 0, turn = 0; !done(); turn += 1) {
          await sleep(random.int(10, 200));
          proxies[turn % 2]?.cut();
          if (cuts() - said < SAY_EVERY) continue;
          said = cuts();
          say(`${said} cuts, ${kills} kills`);
        }
      };
      await Promise.all([cut(), kill()]);
      // What was written through the last break arrives as well.
      await viewer.reaches(viewer.position + MIB);
      await viewer.stop();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await api.expect('POST', `/v1/sessions/${id}/close`);
      const lost = viewer.gaps.reduce((sum, { from, to }) => sum + to - from, 0);
      return [
        { metric: LOST, variant: 'berth', value: lost },
        { metric: BROKEN, variant: 'berth', value: cuts() + kills },
        { metric: 'MiB watched', variant: 'berth', value: viewer.position / MIB },
      ];
    },
    close: () => cluster.close(),
  };
}

export const reconnect: Suite = {
  about: `One viewer of a program that writes ${RATE / MIB} MiB/s comes back through ${CUTS} random cuts of its connection and ${KILLS} kills of its gateway or the other, at once. It checks every byte: a doubled, wrong or silently missing one ends the benchmark.`,
  rounds: 1,
  ratios: [{ title: 'bytes reported as lost', metric: LOST, of: 'berth', goal: atMost(0, 0) }],
  prepare,
};
