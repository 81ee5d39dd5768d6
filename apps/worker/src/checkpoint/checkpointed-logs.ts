import { startCheckpointProcess } from '@berth/checkpoint';
import type { CheckpointProcess, FoldJob } from '@berth/checkpoint';
import type { RedisOutputLog, RunAppender } from '@berth/log';
import type { Clock } from '@berth/session';
import type { ClaimedRun, Leases, RunIdentity } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { RunLog, RunLogs } from '../host/host-services.js';
import { checkpointMetrics } from './checkpoint-metrics.js';
import { RunCheckpoints } from './run-checkpoints.js';

/** Checkpoints of a budget of output: what a death of the process costs, and how far the log may run over. */
const STEPS = 8;

export interface CheckpointedLogsOptions {
  clock: Clock;
  log: RedisOutputLog;
  /** Where the earlier runs of a session lie: its screen begins with the first. */
  leases: Pick<Leases, 'runsUpTo'>;
  /** What the log of a run may take now, bytes. */
  budgetOf(run: RunIdentity): number;
  redisUrl: string;
  /** The whole environment of the checkpoint process. */
  env: NodeJS.ProcessEnv;
  logger: Logger;
}

/** The output logs of a host's runs, each trimmed only as far as its session's screen is kept in a checkpoint. */
export class CheckpointedLogs implements RunLogs {
  private readonly process: CheckpointProcess;
  private readonly metrics: ReturnType<typeof checkpointMetrics>;
  private readonly runs = new Set<RunCheckpoints>();

  constructor(private readonly options: CheckpointedLogsOptions) {
    const { redisUrl, env, logger } = options;
    this.metrics = checkpointMetrics(() => this.lag);
    this.process = startCheckpointProcess({
      redisUrl,
      env,
      onDied: (how) => {
        logger.warn(how, 'the checkpoint process died; the next fold starts another');
        this.metrics.died();
      },
    });
  }

  /** Bytes in the log that no checkpoint covers, of the run that has most. */
  get lag(): number {
    return Math.max(0, ...[...this.runs].map(({ lag }) => lag));
  }

  open(claim: ClaimedRun, hold: (held: boolean) => void): RunLog {
    const { clock, budgetOf, log, logger } = this.options;
    const appender = log.appender(claim, () => checkpoints.keepFrom);
    const checkpoints: RunCheckpoints = new RunCheckpoints({
      clock,
      base: claim.base,
      budget: () => budgetOf(claim),
      costFrom: (offset) => appender.costFrom(offset),
      hold: (held) => {
        if (held) this.metrics.waited();
        hold(held);
      },
      gaveUp: () => {
        const { sessionId, epoch } = claim;
        logger.warn({ sessionId, epoch }, 'output goes on without checkpoints: late viewers have a gap');
        this.metrics.gaveUp();
      },
      fold: (events) => this.fold(claim, events),
    });
    this.runs.add(checkpoints);
    return {
      log: watched(appender, () => checkpoints.changed()),
      close: () => {
        this.runs.delete(checkpoints);
        checkpoints.stop();
      },
    };
  }

  expire(claim: ClaimedRun): Promise<void> {
    return this.options.log.expire(claim);
  }

  /** Ends the process. */
  end(): void {
    this.process.end();
  }

  private fold(claim: ClaimedRun, events: { saved(offset: number): void; progress(): void }): FoldJob {
    const { leases, budgetOf } = this.options;
    const { tenantId, sessionId, cols, rows } = claim;
    let job: FoldJob | undefined;
    let cancelled = false;
    const begin = async (): Promise<void> => {
      const runs = await leases.runsUpTo(claim);
      if (cancelled) return;
      job = this.process.foldRun({ tenantId, sessionId, runs, cols, rows }, claim, {
        stepBytes: Math.ceil(budgetOf(claim) / STEPS),
        onSaved: events.saved,
        onProgress: events.progress,
      });
      await job.done;
    };
    return {
      done: begin(),
      cancel: () => {
        cancelled = true;
        job?.cancel();
      },
    };
  }
}

/** A log that says when it has grown, and when it is to keep to its budget. */
const watched = (log: RunAppender, changed: () => void): RunAppender => ({
  ...log,
  append: async (end, bytes, size) => {
    const result = await log.append(end, bytes, size);
    if (result === 'ok') changed();
    return result;
  },
  trim: () => {
    changed();
    return log.trim();
  },
});
