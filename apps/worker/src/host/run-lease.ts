import type { Clock, Lease } from '@berth/session';

export interface RunLeaseOptions {
  clock: Clock;
  /** Monotonic milliseconds at which the run must stop acting. */
  deadline: number;
  /** False only under the test flag `no-fence`: the lease then never says no. */
  enforced: boolean;
  /** Called once, in the turn in which the deadline is found to have passed. */
  onPast(): void;
}

/** One run's right to act. Once it is past it stays past: what was resumed too late may not be revived by a late answer. */
export class RunLease implements Lease {
  #deadline: number;
  private past = false;

  constructor(private readonly options: RunLeaseOptions) {
    this.#deadline = options.deadline;
  }

  /** As of the last renewal. */
  get deadline(): number {
    return this.#deadline;
  }

  valid(): boolean {
    return this.inTime() || !this.options.enforced;
  }

  /** Whether the deadline is still ahead, enforced or not. */
  inTime(now = this.options.clock.now()): boolean {
    if (!this.past && now >= this.#deadline) {
      this.past = true;
      this.options.onPast();
    }
    return !this.past;
  }

  extend(deadline: number): void {
    this.#deadline = Math.max(this.#deadline, deadline);
  }

  /** The lease belongs to somebody else: nothing more may be written, whatever the deadline. */
  lose(): void {
    this.past = true;
  }
}
