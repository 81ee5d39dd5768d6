import type { Clock } from '@berth/session';
import type { Leases } from '@berth/store/leases';
import type { Logger } from 'pino';
import { PacedLoop } from '../dispatch/paced-loop.js';

/** The first tenant may come at any time, with the first sign-in at the latest. */
const PERIOD_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

export interface ModelKeySeedOptions {
  clock: Clock;
  leases: Pick<Leases, 'seedModelKey'>;
  logger: Logger;
  /** ANTHROPIC_API_KEY of this worker. */
  apiKey: string;
}

/** Makes the environment's key the first tenant's, as soon as there is one; a key that a member has chosen stays. */
export class ModelKeySeed {
  private readonly loop: PacedLoop;
  private settled = false;

  constructor(private readonly options: ModelKeySeedOptions) {
    const { clock, logger } = options;
    this.loop = new PacedLoop({
      clock,
      periodMs: PERIOD_MS,
      longestPauseMs: LONGEST_PAUSE_MS,
      job: () => this.attempt(),
      outage: (error) => logger.warn({ err: error }, 'the model key of the environment cannot be stored; trying on'),
      recovered: () => logger.info('the model key of the environment can be stored again'),
    });
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Tries once, unless it is settled; for whoever asks for a tenant's key before the next round. */
  async attempt(): Promise<void> {
    if (this.settled) return;
    const { leases, logger, apiKey } = this.options;
    const outcome = await leases.seedModelKey(apiKey);
    if (outcome === 'no_tenant' || this.settled) return;
    this.settled = true;
    // Not waited for: a loop that waits for its own job would never end.
    void this.loop.stop();
    if (outcome === 'stored') logger.info('the model key of the environment is the first tenant’s');
    else logger.warn('ANTHROPIC_API_KEY is not used: the first tenant has model settings of its own');
  }
}
