import { setTimeout as sleep } from 'node:timers/promises';
import { openLeases } from '@berth/store/leases';
import type { HostIdentity, Leases, LostRun } from '@berth/store/leases';
import type { Logger } from 'pino';
import { endTree } from '../end-tree.js';
import { monotonicClock } from '../monotonic-clock.js';
import { Guardian } from './guardian.js';
import type { Renewal } from './guardian.js';
import type { GuardianSettings, HostMessage } from './messages.js';

/** The longest that a guardian stays after its host to tell what happened; the sweep does the rest. */
const AFTERMATH_MS = 10_000;
/** How long it waits for Redis; viewers are waiting for what it has to tell. */
const REDIS_WAIT_MS = 3_000;
/** One for renewals, one for what else there is to write. */
const CONNECTIONS = 2;

/** The guardian as a process: its connections, its channel to the host, and what it does when that breaks. */
export class GuardianProcess {
  private readonly leases: Leases;
  private readonly guardian: Guardian;
  private leaving = false;

  constructor(
    private readonly settings: GuardianSettings,
    private readonly logger: Logger,
  ) {
    const { databaseUrl, secret, flags, timing } = settings;
    this.leases = openLeases({ databaseUrl, secret, flags: new Set(flags), poolSize: CONNECTIONS });
    this.guardian = new Guardian({
      clock: monotonicClock,
      timing,
      renew: (host) => this.renew(host),
      kill: endTree,
      close: async (run) => {
        if ((await this.leases.closeRun(run, { reason: 'host_lost' })) === 'ok') await this.settle(await this.leases.unsealedRuns(0));
      },
      tell: (message) => {
        if (message.type === 'overdue') logger.error({ runs: message.runs }, 'leases ended: killed their processes');
        if (process.connected) process.send?.(message, () => undefined);
      },
      storeAway: (away) => (away ? logger.warn('leases cannot be renewed; trying on') : logger.info('leases are renewed again')),
    });
  }

  receive(message: Exclude<HostMessage, { type: 'settings' }>): void {
    this.guardian.receive(message);
    if (message.type === 'done') {
      this.leaving = true;
      process.exit(0);
    }
  }

  killAll(): void {
    this.guardian.killAll();
  }

  /** The channel has ended without a word: kills what the host ran, and closes its runs. Ends the process. */
  async hostGone(): Promise<void> {
    if (this.leaving) return;
    this.leaving = true;
    const host = this.guardian.serving;
    this.guardian.killAll();
    if (!host) process.exit(0);
    this.logger.error('the host is gone: killed its sessions');
    try {
      await Promise.race([this.closeRuns(host), sleep(AFTERMATH_MS)]);
    } catch (error) {
      this.logger.warn({ err: error }, 'the runs of the dead host stay open until a sweep');
    }
    process.exit(0);
  }

  private async closeRuns(host: HostIdentity): Promise<void> {
    await this.settle(await this.leases.closeHostRuns(host));
  }

  private async renew(host: HostIdentity): Promise<Renewal> {
    const renewed = await this.leases.renew(host, this.settings.ttlSeconds);
    // Nothing to renew looks the same whether the host is idle or replaced.
    if (renewed.length === 0 && (await this.leases.announceHost(host, {})) === 'lease_lost') return 'superseded';
    return renewed;
  }

  /** Redis is needed at a run's bad end only: loaded then, so that a guardian stays small. */
  private async settle(lost: LostRun[]): Promise<void> {
    if (lost.length === 0) return;
    const { redisUrl, flags } = this.settings;
    const [{ openBus }, { RedisOutputLog, connectLog }, { settleLostRuns }] = await Promise.all([
      import('@berth/bus'),
      import('@berth/log'),
      import('../dispatch/lost-runs.js'),
    ]);
    const bus = openBus({ redisUrl, flags: new Set(flags) });
    const redis = connectLog(redisUrl);
    try {
      await untilAnswered(() => Promise.all([bus.ping(), redis.ping()]));
      const failed = await settleLostRuns(lost, { bus, log: new RedisOutputLog(redis), leases: this.leases });
      if (failed > 0) this.logger.warn({ failed }, 'logs stay unsealed until a sweep');
    } finally {
      bus.close();
      redis.disconnect();
    }
  }
}

async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (const end = monotonicClock.now() + REDIS_WAIT_MS; monotonicClock.now() < end; await sleep(20)) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
  }
}
