import { Bus } from '@berth/bus';
import { RedisOutputLog } from '@berth/log';
import { redisChannels } from '@berth/protocol';
import { Store } from '@berth/store';
import type { LostRun } from '@berth/store/leases';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../logger.js';

const PERIOD_MS = 2_000;
/** Whoever closed a run seals it as well; only after this long others take over. */
const UNSEALED_AFTER_S = 3;

/** Closes runs whose lease has ended, in case no worker is left to do it. Every gateway and worker sweeps; none waits for another. */
@Injectable()
export class Sweeper implements OnApplicationShutdown {
  private readonly timer: NodeJS.Timeout;
  private sweeping = false;
  private failing = false;

  constructor(
    private readonly store: Store,
    private readonly log: RedisOutputLog,
    private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.round(), PERIOD_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async round(): Promise<void> {
    if (this.sweeping) return;
    this.sweeping = true;
    try {
      await this.sweep();
      this.report(false);
    } catch (error) {
      this.report(true, error);
    } finally {
      this.sweeping = false;
    }
  }

  private async sweep(): Promise<void> {
    const lost = await this.store.leases.sweepExpired();
    for (const run of lost) this.ring(run);
    const unsealed = [...lost, ...(await this.store.leases.unsealedRuns(UNSEALED_AFTER_S))];
    const sealed = await Promise.allSettled(unsealed.map((run) => this.seal(run)));
    const failed = sealed.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async seal(run: LostRun): Promise<void> {
    await this.store.leases.setRunEnd(run, await this.log.seal(run, run));
    this.ring(run);
  }

  private ring({ tenantId, sessionId }: LostRun): void {
    void this.bus.ring(redisChannels.session(tenantId, sessionId), { sessionId });
    void this.bus.ring(redisChannels.tenant(tenantId), { sessionId });
  }

  /** One line when it begins to fail and one when it works again. */
  private report(failing: boolean, error?: unknown): void {
    if (failing === this.failing) return;
    this.failing = failing;
    if (failing) this.logger.warn({ err: error }, 'sweeping ended leases fails; it is tried again');
    else this.logger.info('sweeping ended leases works again');
  }
}
