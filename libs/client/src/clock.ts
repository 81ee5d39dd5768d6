/** Monotonic time in milliseconds, and timers that can be cancelled. */
export interface Clock {
  now(): number;
  /** Calls once after `ms` milliseconds; the returned function cancels. */
  after(ms: number, call: () => void): () => void;
}

/** The clock of the platform, browser or Node. */
export const platformClock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
