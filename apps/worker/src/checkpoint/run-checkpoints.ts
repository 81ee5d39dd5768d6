import { AppError } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { FoldJob } from '@berth/checkpoint';

/**
 * Shares of a run's log budget. A fold begins when this much of the log is in no checkpoint: less costs no parsing at all, and what is left
 * holds what a program writes while the fold catches up.
 */
const FOLD_AT = 3 / 4;
/** The program waits at the whole budget, and goes on when this is in no checkpoint: `FOLD_AT < RESUME_AT < 1`, so that it waits seldom and shortly. */
const RESUME_AT = 7 / 8;
/** Redis or the process is away: after so long without progress the program is held no longer. As long as for the log itself. */
const AWAY_MS = 2_000;
/**
 * A fold that is under way and says nothing for so long is as good as away. A process of the lowest priority needs its time on a busy machine, and a
 * program that waits is better than a viewer who misses something. `> AWAY_MS`.
 */
const SILENT_MS = 5_000;
/** Waits before a fold that failed, or found nothing new to store, is asked for again; doubling. */
const RETRY_MS = { first: 100, last: 2_000 } as const;

export interface RunCheckpointsOptions {
  clock: Clock;
  /** First offset of the run. */
  base: number;
  /** What the run's log may take now, and what its output behind an offset takes; bytes of Redis' memory. */
  budget(): number;
  costFrom(offset: number): number;
  /** Folds the log up to its end. `saved`: a checkpoint at that offset is stored; `progress`: it has come further. */
  fold(events: { saved(offset: number): void; progress(): void }): FoldJob;
  /** Whether the program waits. */
  hold(held: boolean): void;
  /** A fold stood still: what is written now can leave the log without a checkpoint. */
  gaveUp(): void;
}

/**
 * Sees to it that no output of one run leaves the log before a checkpoint covers it. The program is held while the log is full of output that none
 * covers; but a fold that stands still does not freeze it: then the log is trimmed as if there were no checkpoints, until the fold has caught up.
 */
export class RunCheckpoints {
  #folded: number;
  #state: 'keeps up' | 'held' | 'given up' = 'keeps up';
  #job: FoldJob | undefined;
  #retryMs: number = RETRY_MS.first;
  #progressAt = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;
  #stopped = false;

  constructor(private readonly options: RunCheckpointsOptions) {
    this.#folded = options.base;
  }

  /** Memory of what is in the log and in no checkpoint, bytes. */
  get lag(): number {
    return this.options.costFrom(this.#folded);
  }

  /** Output from here on must stay in the log. */
  get keepFrom(): number {
    return this.#state === 'given up' ? Infinity : this.#folded;
  }

  /** The log has grown, or its budget may be another one. */
  changed(): void {
    this.#decide();
  }

  /** The run is over: nothing is asked for any more, and the program is let go. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#job?.cancel();
    this.#enter('keeps up');
  }

  #decide(): void {
    if (this.#stopped) return;
    const budget = this.options.budget();
    const { lag } = this;
    if (this.#state === 'keeps up' && lag >= budget) this.#enter('held');
    else if (this.#state === 'held' && lag <= budget * RESUME_AT) this.#enter('keeps up');
    else if (this.#state === 'given up' && lag <= budget * FOLD_AT) this.#enter('keeps up');
    if (lag >= budget * FOLD_AT && !this.#job && !this.#cancelRetry) void this.#fold();
  }

  async #fold(): Promise<void> {
    const before = this.#folded;
    const progress = (): void => {
      this.#progressAt = this.options.clock.now();
    };
    const job = this.options.fold({
      progress,
      saved: (offset) => {
        if (offset <= this.#folded) return;
        progress();
        this.#folded = offset;
        this.#decide();
      },
    });
    this.#job = job;
    const failed = await job.done.then(
      () => false,
      (error: unknown) => !(error instanceof AppError) || error.code !== 'unavailable',
    );
    this.#job = undefined;
    this.#checkStall();
    if (this.#folded > before) this.#retryMs = RETRY_MS.first;
    else this.#retryLater(failed);
    this.#decide();
  }

  #retryLater(failed: boolean): void {
    if (this.#stopped) return;
    // The same log gives the same failure: only what is written next can change that.
    const wait = failed ? RETRY_MS.last : this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.last);
    this.#cancelRetry = this.options.clock.after(wait, () => {
      this.#cancelRetry = undefined;
      this.#decide();
    });
  }

  #enter(state: 'keeps up' | 'held' | 'given up'): void {
    const before = this.#state;
    this.#state = state;
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    if (state === 'held') {
      this.#progressAt = this.options.clock.now();
      this.#checkStall();
    }
    if ((before === 'held') !== (state === 'held')) this.options.hold(state === 'held');
  }

  /** Lets the program go when nothing has come further for too long, else looks again when that would be. */
  #checkStall(): void {
    if (this.#state !== 'held') return;
    const { clock, gaveUp } = this.options;
    const left = this.#progressAt + (this.#job ? SILENT_MS : AWAY_MS) - clock.now();
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    if (left > 0) {
      this.#cancelWatch = clock.after(left, () => this.#checkStall());
      return;
    }
    this.#enter('given up');
    gaveUp();
  }
}
