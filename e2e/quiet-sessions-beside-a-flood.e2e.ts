import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quantile } from './bench/statistics.js';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { EchoCrowd } from './harness/echo-crowd.js';
import { write } from './harness/frames.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';

const MIB = 1024 * 1024;
const SESSIONS = 200;
/** Each of them prints two lines a second: those that its viewer types. */
const TYPED_EVERY_MS = 500;
const ROUNDS = 7;
/** 600 echoes. */
const PHASE_MS = 1_500;
/** The flood has begun, or ended, by then. */
const SETTLE_MS = 300;
const ACK_STEP = 32 * 1024;
/** What "unaffected" means: the median echo beside a flood over the one before. */
const MOST = 2;

let cluster: Cluster;
beforeAll(async () => {
  // Leases as in production: renewed every second, 200 of them would be load of the test's own.
  const leases = { BERTH_LEASE_TERMINAL_S: '300', BERTH_LEASE_AGENT_S: '60', BERTH_LEASE_RENEW_S: '10', BERTH_LEASE_MARGIN_S: '5' };
  cluster = await startCluster({ gateways: 1, env: { BERTH_SLOTS: String(SESSIONS + 1), LOG_LEVEL: 'warn', ...leases } });
});
afterAll(() => cluster.close());

/** A program that floods for a while whenever it is told to, before a viewer that keeps up. */
class Flood {
  received = 0;
  private sequence = 0;
  private acknowledged = 0;

  private constructor(private readonly socket: () => RawSocket) {}

  static async open(api: Api, address: string): Promise<Flood> {
    const { id } = await api.runningSession(programs.floodOnCall);
    const flood: Flood = new Flood(() => socket);
    const socket: RawSocket = await RawSocket.attach(
      address,
      id,
      { clientId: 'flood', drive: true },
      {
        token: api.token,
        keep: false,
        onFrame: (frame) => {
          if (frame.type === 'output') flood.take(frame.offset + frame.bytes.length);
        },
      },
    );
    return flood;
  }

  /** Floods for so long. */
  start(ms: number): void {
    this.sequence += 1;
    this.socket().input(this.sequence, `${ms / 1_000}\n`);
  }

  private take(end: number): void {
    this.received = end;
    if (end - this.acknowledged < ACK_STEP) return;
    this.acknowledged = end;
    this.socket().send(write.ack(end));
  }
}

test(`with ${SESSIONS} quiet sessions and one flood, the quiet ones' echo stays within twice of what it was before`, async () => {
  const api = await cluster.signIn();
  const crowd = await EchoCrowd.start(api, [cluster.address()], SESSIONS);
  const flood = await Flood.open(api, cluster.address());
  // Code is compiled and connections are warm before anything counts.
  flood.start(PHASE_MS);
  await crowd.type(2 * PHASE_MS, TYPED_EVERY_MS);

  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = quantile(await crowd.type(PHASE_MS, TYPED_EVERY_MS), 0.5);
    const from = flood.received;
    flood.start(PHASE_MS + SETTLE_MS);
    await sleep(SETTLE_MS);
    const beside = quantile(await crowd.type(PHASE_MS, TYPED_EVERY_MS), 0.5);
    ratios.push(beside / before);
    // It was one.
    expect(flood.received - from).toBeGreaterThan(MIB);
    await crowd.type(2 * SETTLE_MS, TYPED_EVERY_MS);
  }
  expect(quantile(ratios, 0.5), `beside / before: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`).toBeLessThanOrEqual(MOST);
});
