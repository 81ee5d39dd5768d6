import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';
import { ResumingViewer, seededCheck } from './harness/viewer.js';

const MIB = 1024 * 1024;
const HAND_OVERS = 100;
const AT_ONCE = 4;
/** The host's ring holds less than this, the log more. */
const OLDER_THAN_RING = [4.25 * MIB, 6 * MIB] as const;
/** So far behind the moment of attaching a viewer certainly has live output. */
const LIVE = 256 * 1024;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2 });
});
afterAll(() => cluster.close());

test(`an attach older than the ring is byte-exact while output goes on, ${HAND_OVERS} times`, () =>
  withSeed(async (random, seed) => {
    const api = await cluster.signIn();
    const { id } = await api.createSession(programs.seeded(seed, 4096 * MIB, 3 * MIB));
    const view = (clientId: string, from: number) =>
      new ResumingViewer({
        address: () => cluster.address(random.int(0, 1)),
        sessionId: id,
        token: api.token,
        clientId,
        onBytes: seededCheck(seed),
        from,
      });
    const live = view('live', 0);
    await live.reaches(OLDER_THAN_RING[1] + MIB);

    let left = HAND_OVERS;
    const handOver = async () => {
      while (left-- > 0) {
        const head = live.position;
        const viewer = view(`late-${left}`, head - random.int(...OLDER_THAN_RING));
        await viewer.reaches(head + LIVE);
        await viewer.stop();
        expect(viewer.gaps).toEqual([]);
        expect(viewer.connections).toBe(1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, handOver));
    await live.stop();
    expect(live.gaps).toEqual([]);
  }));
