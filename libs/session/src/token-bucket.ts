import type { Clock } from './ports.js';

/** A budget that fills at `rate` units a second up to `burst`. It may be overdrawn; the debt is waited off. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  constructor(
    private readonly clock: Clock,
    private readonly rate: number,
    private readonly burst: number,
  ) {
    this.#tokens = burst;
    this.#at = clock.now();
  }

  take(count: number): void {
    this.#fill();
    this.#tokens -= count;
  }

  /** Takes only what is there: false, and nothing taken, when that is less than `count`. */
  takeIfCovered(count: number): boolean {
    this.#fill();
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Milliseconds until the debt is paid; 0 without debt. */
  debtMs(): number {
    this.#fill();
    return Math.max(0, (-this.#tokens / this.rate) * 1000);
  }

  #fill(): void {
    const now = this.clock.now();
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1000) * this.rate);
    this.#at = now;
  }
}
