import { setTimeout as sleep } from 'node:timers/promises';
import { RedisOutputLog, connectLog } from '@berth/log';
import type { SessionId } from '@berth/protocol';
import { openLeases } from '@berth/store/leases';
import type { ClaimedRun, HostIdentity, Leases, RunClose } from '@berth/store/leases';
import type { TestGateway } from './test-gateway.js';

const MIB = 1024 * 1024;

/** The store's and the log's side of a host, played by the spec: it claims, writes output and ends runs, and has no program. */
export class TestHost {
  /** A run has one: it knows what its entries cost. */
  private readonly appenders = new Map<string, ReturnType<RedisOutputLog['appender']>>();

  private constructor(
    readonly leases: Leases,
    private readonly connection: ReturnType<typeof connectLog>,
    readonly log: RedisOutputLog,
    readonly identity: HostIdentity,
    private readonly ttlSeconds: number,
  ) {}

  static async start({ database, redisUrl }: TestGateway, { ttlSeconds = 60, budgetBytes = MIB } = {}): Promise<TestHost> {
    const leases = openLeases(database);
    const connection = connectLog(redisUrl);
    while (connection.status !== 'ready') await sleep(5);
    const { hostId, incarnation } = await leases.registerHost({ name: `host-${String(process.hrtime.bigint())}` });
    return new TestHost(leases, connection, new RedisOutputLog(connection, () => budgetBytes), { hostId, incarnation }, ttlSeconds);
  }

  /** Claims the session that waits, and says that its program runs. */
  async run(sessionId: SessionId): Promise<ClaimedRun> {
    const claimed = await this.leases.claimNext(this.identity, { ttl: { terminal: this.ttlSeconds, agent: this.ttlSeconds }, limit: 100 });
    const run = claimed.find((each) => each.sessionId === sessionId);
    if (run === undefined) throw new Error(`${sessionId} does not wait for a host`);
    await this.leases.advanceRun(run, 'running');
    return run;
  }

  /** Appends output in entries of 64 KiB; returns the offset behind it. */
  async write(run: ClaimedRun, from: number, bytes: Buffer): Promise<number> {
    const { sessionId, epoch } = run;
    const key = `${sessionId}:${String(epoch)}`;
    const appender = this.appenders.get(key) ?? this.log.appender(run);
    this.appenders.set(key, appender);
    for (let at = 0; at < bytes.length; at += 65_536) {
      const piece = bytes.subarray(at, at + 65_536);
      await appender.append(from + at + piece.length, piece, { cols: 80, rows: 24 });
    }
    return from + bytes.length;
  }

  async end(run: ClaimedRun, close: RunClose): Promise<void> {
    await this.leases.closeRun(run, close);
  }

  async close(): Promise<void> {
    this.connection.disconnect();
    await this.leases.close();
  }
}
