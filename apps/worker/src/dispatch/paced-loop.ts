import type { Clock } from '@berth/session';

export interface PacedLoopOptions {
  clock: Clock;
  periodMs: number;
  /** Longest pause between attempts while the job fails. */
  longestPauseMs: number;
  job(): Promise<void>;
  /** Called when the job begins to fail, and when it succeeds again. */
  outage(error: unknown): void;
  recovered(): void;
}

/** Runs one job over and over: every period, at once when woken, never twice at a time; while it fails the pauses double. */
export class PacedLoop {
  private failures = 0;
  private woken = false;
  private stopped = true;
  private running: Promise<void> | undefined;
  private cancelTimer: (() => void) | undefined;

  constructor(private readonly options: PacedLoopOptions) {}

  start(): void {
    this.stopped = false;
    this.turn();
  }

  /** Runs the job now, or once more when it is running: what it has read already may be old. A failing job keeps its pause. */
  wake(): void {
    if (this.stopped) return;
    if (this.running) this.woken = true;
    else if (this.failures === 0) this.turn();
  }

  /** Resolves when a job under way has ended; none follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelTimer?.();
    await this.running;
  }

  private turn(): void {
    this.cancelTimer?.();
    this.woken = false;
    this.running = this.attempt().finally(() => {
      this.running = undefined;
      if (this.stopped) return;
      if (this.woken && this.failures === 0) this.turn();
      else
        this.cancelTimer = this.options.clock.after(this.pause(), () => {
          this.turn();
        });
    });
  }

  private async attempt(): Promise<void> {
    try {
      await this.options.job();
      if (this.failures > 0) this.options.recovered();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      if (this.failures === 1) this.options.outage(error);
    }
  }

  private pause(): number {
    return this.failures === 0
      ? this.options.periodMs
      : Math.min(this.options.longestPauseMs, this.options.periodMs * 2 ** (this.failures - 1));
  }
}
