interface Timer {
  at: number;
  order: number;
  call: () => void;
}

/** Time that passes only when a test says so; structurally the `Clock` of `@berth/session`. Milliseconds. */
export class FakeClock {
  #now = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that have neither run nor been cancelled: 0 at the end of a test that leaks none. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass in this turn: every timer that falls due runs at its own time, in order, those that timers set included. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) this.#run(timer);
    this.#now = end;
  }

  /** As {@link advance}, but promises settle before the first timer and after each one. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#run(timer);
      await settle();
    }
    this.#now = end;
  }

  /** Jumps ahead without running anything, as after SIGSTOP and SIGCONT: overdue timers run at the next {@link advance}. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)))
        first = timer;
    }
    return first;
  }

  #run(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.call();
  }
}

/** Resolves when every promise that can settle without a timer or I/O has settled. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
