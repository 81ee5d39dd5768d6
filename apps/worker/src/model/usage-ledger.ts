import { AppError } from '@berth/protocol';
import type { ModelUsage } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { Leases, RunIdentity } from '@berth/store/leases';
import type { Logger } from 'pino';
import { PacedLoop } from '../dispatch/paced-loop.js';
import { runKey } from '../guardian/messages.js';

/** What has been used is in the store within about this time; a worker that is killed loses no more than that. */
const PERIOD_MS = 2_000;
const LONGEST_PAUSE_MS = 10_000;
/** Runs whose counts wait for a store that is away; each takes some hundred bytes a model. */
const MOST_RUNS = 10_000;
/** A run asks few models; what an upstream calls them is its own choice. */
const MOST_MODELS = 32;
const OTHER_MODELS = 'other';

type Counts = ModelUsage & { requests: number };

interface RunUsage {
  run: RunIdentity;
  byModel: Map<string, Counts>;
}

export interface UsageLedgerOptions {
  clock: Clock;
  leases: Pick<Leases, 'recordUsage'>;
  logger: Logger;
}

/** Adds up what runs use of the models, and brings the sums to the store now and then. An answer that is lost on its way may count a sum twice. */
export class UsageLedger {
  private pending = new Map<string, RunUsage>();
  private readonly loop: PacedLoop;
  private dropped = 0;

  constructor(private readonly options: UsageLedgerOptions) {
    const { clock, logger } = options;
    this.loop = new PacedLoop({
      clock,
      periodMs: PERIOD_MS,
      longestPauseMs: LONGEST_PAUSE_MS,
      job: () => this.write(),
      outage: (error) => logger.warn({ err: error }, 'usage cannot be recorded; trying on'),
      recovered: () => logger.info('usage is recorded again'),
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Counts one answered call. */
  add({ tenantId, sessionId, epoch }: RunIdentity, usage: ModelUsage): void {
    const run = { tenantId, sessionId, epoch };
    this.merge(run, { ...usage, requests: 1 });
  }

  /** A run has ended: its counts are written now. */
  wake(): void {
    this.loop.wake();
  }

  /** Writes what is left; gives up when the store is away. */
  async close(): Promise<void> {
    await this.loop.stop();
    await this.write().catch(() => {
      this.options.logger.error({ runs: this.pending.size }, 'usage could not be recorded and is lost');
    });
  }

  private merge(run: RunIdentity, counts: Counts): void {
    const key = runKey(run);
    const known = this.pending.get(key);
    if (!known && this.pending.size >= MOST_RUNS) {
      if (this.dropped === 0) this.options.logger.error('too much usage waits to be recorded: what follows is not counted');
      this.dropped += 1;
      return;
    }
    const { byModel } = known ?? { byModel: new Map<string, Counts>() };
    const model = byModel.has(counts.model) || byModel.size < MOST_MODELS - 1 ? counts.model : OTHER_MODELS;
    byModel.set(model, sum(byModel.get(model), { ...counts, model }));
    if (!known) this.pending.set(key, { run, byModel });
  }

  private async write(): Promise<void> {
    for (const [key, { run, byModel }] of [...this.pending]) {
      this.pending.delete(key);
      const counts = [...byModel.values()];
      try {
        await this.options.leases.recordUsage(run, counts);
      } catch (error) {
        const mayComeBack = error instanceof AppError && error.code === 'unavailable';
        if (mayComeBack) for (const each of counts) this.merge(run, each);
        else this.options.logger.error({ err: error, sessionId: run.sessionId, epoch: run.epoch }, 'usage was refused and is lost');
        if (mayComeBack) throw error;
      }
    }
    this.dropped = 0;
  }
}

const sum = (known: Counts | undefined, more: Counts): Counts =>
  known === undefined
    ? more
    : {
        model: known.model,
        requests: known.requests + more.requests,
        inputTokens: known.inputTokens + more.inputTokens,
        outputTokens: known.outputTokens + more.outputTokens,
        cacheReadTokens: known.cacheReadTokens + more.cacheReadTokens,
        cacheWriteTokens: known.cacheWriteTokens + more.cacheWriteTokens,
      };
