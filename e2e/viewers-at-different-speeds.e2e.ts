import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { CutProxy } from './harness/cut-proxy.js';
import { programs } from './harness/programs.js';
import { withSeed } from './harness/seed.js';
import { ResumingViewer, seededCheck } from './harness/viewer.js';

const MIB = 1024 * 1024;
/** Bytes a second that a viewer's line carries; undefined = what the machine does. */
const SPEEDS = [undefined, 8 * MIB, 3 * MIB] as const;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2, env: { LOG_RUN_MIB: '128' } });
});
afterAll(() => cluster.close());

/** Runs a session of so many bytes before three viewers and returns them when each has come to the end. */
async function watchAtThreeSpeeds(seed: number, bytes: number): Promise<ResumingViewer[]> {
  const api = await cluster.signIn();
  const proxies = await Promise.all(
    SPEEDS.map((speed, index) =>
      CutProxy.listen(
        () => cluster.gateway(index % 2).port,
        () => (speed === undefined ? {} : { bytesPerSecond: speed }),
      ),
    ),
  );
  const { id } = await api.createSession(programs.seededThenEcho(seed, bytes));
  const viewers = proxies.map(
    (proxy, index) =>
      new ResumingViewer({
        address: () => `http://127.0.0.1:${proxy.port}`,
        sessionId: id,
        token: api.token,
        clientId: `speed-${index}`,
        onBytes: seededCheck(seed),
      }),
  );
  await Promise.all(viewers.map((viewer) => viewer.reaches(bytes, 120_000)));
  await Promise.all(viewers.map((viewer) => viewer.stop()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await api.expect('POST', `/v1/sessions/${id}/close`);
  return viewers;
}

test('with a log of 128 MiB, three viewers of different speeds see the same bytes', () =>
  withSeed(async (_random, seed) => {
    const viewers = await watchAtThreeSpeeds(seed, 24 * MIB);
    for (const viewer of viewers) expect(viewer.gaps).toEqual([]);
  }));

test('with the default log, each sees every byte or an exact gap', () =>
  withSeed(async (_random, seed) => {
    await cluster.worker(0).drain();
    await cluster.addWorker({ LOG_RUN_MIB: '16' });
    const [fast, , slow] = await watchAtThreeSpeeds(seed, 48 * MIB);
    expect(fast?.gaps).toEqual([]);
    // The viewer checks that each gap begins at its own position and that the bytes behind it are right.
    expect(slow?.gaps.length).toBeGreaterThan(0);
  }));
