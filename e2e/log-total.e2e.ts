import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { MetricsWatch } from './harness/metrics.js';
import { programs } from './harness/programs.js';
import { addTenant } from './harness/second-tenant.js';
import { withSeed } from './harness/seed.js';
import { ResumingViewer, seededCheck } from './harness/viewer.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const TOTAL_MIB = 24;
const ENV = { LOG_RUN_MIB: '8', BERTH_SLOTS: '8' };
/** Output of a session that floods; without a bound of the total 8 MiB of it stay. */
const FLOOD_BYTES = 12 * MIB;
const ENDED = 4;
const LIVING = 6;
/** Output of a session that says little, while the others flood. */
const LIGHT_BYTES = 400 * KIB;
const LIGHT_RATE = 40 * KIB;

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

/** Adds up again and again what all logs take, as Redis says. */
class LogWatch {
  most = 0;
  private stopped = false;
  private readonly redis: Redis;
  private readonly done: Promise<void>;

  constructor(url: string) {
    this.redis = new Redis(url);
    this.done = this.watch();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
    this.redis.disconnect();
  }

  private async watch(): Promise<void> {
    for (; !this.stopped; await sleep(20)) {
      const keys = [...(await this.redis.keys('log:*')), ...(await this.redis.keys('screen:*'))];
      const sizes = await Promise.all(keys.map((key) => this.redis.memory('USAGE', key, 'SAMPLES', 0)));
      const total = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
      this.most = Math.max(this.most, total);
    }
  }
}

/** Reads a session from its first byte on; every byte is checked, every gap begins where the viewer is. */
async function reading(api: Api, { id, seed, bytes }: { id: string; seed: number; bytes: number }) {
  const viewer = new ResumingViewer({
    address: () => api.address(),
    sessionId: id,
    token: api.token,
    clientId: 'late',
    onBytes: seededCheck(seed),
  });
  await viewer.reaches(bytes);
  await viewer.stop();
  return viewer.gaps;
}

/** One tenant floods two workers with sessions that end and sessions that live, another says little: gaps of each, and the most that Redis held. */
async function floodBeside(made: Cluster, seed: number) {
  const [heavy, light] = [await made.signIn(), await made.signIn({ email: await addTenant(made, 'light') })];
  const watch = new LogWatch(made.redisUrl);
  const metrics = new MetricsWatch(made.workers);
  const flood = { seed, bytes: FLOOD_BYTES };
  const little = { seed, bytes: LIGHT_BYTES };

  const { id: early } = await light.createSession(programs.seeded(seed, LIGHT_BYTES));
  await light.sessionWhen(early, 'the light session has ended', ({ status }) => status === 'closed');
  const { id: slow } = await light.createSession(programs.seededThenEcho(seed, LIGHT_BYTES, LIGHT_RATE));
  const ended: string[] = [];
  for (let count = 0; count < ENDED; count++) {
    const { id } = await heavy.createSession(programs.seeded(seed, FLOOD_BYTES));
    await heavy.sessionWhen(id, 'a flood has ended', ({ status }) => status === 'closed', 60_000);
    ended.push(id);
  }
  const living = await Promise.all(Array.from({ length: LIVING }, () => heavy.createSession(programs.seededThenEcho(seed, FLOOD_BYTES))));

  await Promise.all(living.map(({ id }) => reading(heavy, { id, ...flood })));

  // Whoever comes later.
  const lightGaps = [await reading(light, { id: early, ...little }), await reading(light, { id: slow, ...little })];
  const livingGaps = await Promise.all(living.map(({ id }) => reading(heavy, { id, ...flood })));
  // Beside the living ones nothing of the first that ended is left.
  const firstGaps = await reading(heavy, { id: ended[0] ?? '', ...flood });
  await watch.stop();
  await metrics.stop();
  return { most: watch.most, lightGaps, livingGaps, firstGaps, metrics };
}

test('all logs stay within LOG_TOTAL_MIB, the tenant above its part gives, and what is gone is an exact gap', () =>
  withSeed(async (_random, seed) => {
    cluster = await startCluster({ gateways: 1, workers: 2, metrics: true, env: { ...ENV, LOG_TOTAL_MIB: String(TOTAL_MIB) } });
    const { most, lightGaps, livingGaps, firstGaps, metrics } = await floodBeside(cluster, seed);
    expect(most).toBeLessThan(TOTAL_MIB * MIB);
    expect(most).toBeGreaterThan((TOTAL_MIB * MIB) / 2);
    expect(lightGaps).toEqual([[], []]);
    expect(firstGaps).toEqual([{ from: 0, to: FLOOD_BYTES, reason: 'pruned' }]);
    for (const gaps of livingGaps) expect(gaps).toMatchObject([{ from: 0, reason: 'pruned' }]);
    expect(metrics.largest('berth_log_limit_bytes')).toBe(TOTAL_MIB * MIB);
    expect(metrics.largest('berth_log_bytes')).toBeLessThan(TOTAL_MIB * MIB);
    expect(metrics.largest('berth_log_dropped_total')).toBeGreaterThan(0);
    expect(metrics.largest('berth_log_squeezed_runs')).toBeGreaterThan(0);
  }));

test('without it they take more', () =>
  withSeed(async (_random, seed) => {
    cluster = await startCluster({ gateways: 1, workers: 2, metrics: true, env: ENV });
    const { most, lightGaps } = await floodBeside(cluster, seed);
    expect(most).toBeGreaterThan(1.5 * TOTAL_MIB * MIB);
    expect(lightGaps).toEqual([[], []]);
  }));
