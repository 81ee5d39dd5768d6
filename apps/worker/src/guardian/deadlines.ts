/** How long leases last and when they are renewed; all milliseconds. */
export interface LeaseTiming {
  /** The shortest lease of any kind of session. */
  shortestTtlMs: number;
  renewMs: number;
  marginMs: number;
}

/** A main loop that was silent for longer may have stopped; terminals outlive it only until their deadline. */
const MAIN_LOOP_SILENCE_MS = 10_000;

/** Longest silence of the host's main loop with which leases of this length are still renewed. */
export const mainLoopLimit = (ttlMs: number): number => Math.min(MAIN_LOOP_SILENCE_MS, ttlMs / 3);

/**
 * When a run must have stopped acting, in monotonic milliseconds. Counted from the time at which the renewal was *sent*: the database
 * reads its clock later, so its lease never ends before this deadline.
 */
export const leaseDeadline = (sentAt: number, ttlMs: number, marginMs: number): number => sentAt + ttlMs - marginMs;

/** Deadlines of a host's runs by key; knows no clock and no process. */
export class Deadlines {
  private readonly deadlines = new Map<string, number>();
  /** No deadline is before it. They only move forward: all are looked at again when it has come, not at every check. */
  private earliest = Infinity;

  /** Starts to watch a run. */
  hold(key: string, deadline: number): void {
    this.deadlines.set(key, deadline);
    this.earliest = Math.min(this.earliest, deadline);
  }

  /** A renewal that was sent earlier never moves a deadline back; a run that is not held stays unknown. */
  extend(key: string, deadline: number): void {
    const current = this.deadlines.get(key);
    if (current !== undefined && deadline > current) this.deadlines.set(key, deadline);
  }

  release(key: string): void {
    this.deadlines.delete(key);
  }

  get(key: string): number | undefined {
    return this.deadlines.get(key);
  }

  /** Takes out and returns the runs whose deadline has come. */
  takeOverdue(now: number): string[] {
    if (now < this.earliest) return [];
    this.earliest = Infinity;
    const overdue: string[] = [];
    for (const [key, deadline] of this.deadlines) {
      if (deadline <= now) overdue.push(key);
      else this.earliest = Math.min(this.earliest, deadline);
    }
    for (const key of overdue) this.deadlines.delete(key);
    return overdue;
  }
}
