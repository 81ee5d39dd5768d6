import { OFFSET_RESERVATION } from '@berth/protocol';
import { BackOff } from './back-off.js';
import { PAUSE_HEADROOM, RESERVE_BACKOFF_MS, RESERVE_WHEN_LEFT } from './limits.js';
import type { Clock, OffsetLimit } from './ports.js';

export interface ReservationOptions {
  /** First offset that is not reserved. */
  limit: number;
  offsets: OffsetLimit;
  clock: Clock;
  /** The limit is higher. */
  onRaised(): void;
  /** The run belongs to somebody else. */
  onLost(): void;
}

/** Keeps offsets reserved ahead of the output, so that no later run can give the same number to another byte. */
export class OffsetReservation {
  #limit: number;
  #asking = false;
  #stopped = false;
  #cancelRetry: (() => void) | undefined;
  readonly #backOff = new BackOff(RESERVE_BACKOFF_MS);

  constructor(private readonly options: ReservationOptions) {
    this.#limit = options.limit;
  }

  /** Bytes that may still be emitted after offset `end`. */
  left(end: number): number {
    return this.#limit - end;
  }

  /** Whether the program must wait for the next reservation. */
  isShort(end: number): boolean {
    return this.left(end) < PAUSE_HEADROOM;
  }

  /** Asks for more when what is left gets low; never waits. */
  ensure(end: number): void {
    if (this.#asking || this.#stopped || this.left(end) > RESERVE_WHEN_LEFT) return;
    this.#asking = true;
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
  }

  async #ask(): Promise<void> {
    const { offsets, clock, onRaised, onLost } = this.options;
    let answer: number | 'lease_lost' | undefined;
    try {
      answer = await offsets.reserve(this.#limit + OFFSET_RESERVATION);
    } catch {
      // The store is away; the lease, not this class, decides how long that may last.
    }
    if (this.#stopped) return;
    if (answer === undefined) {
      this.#cancelRetry = clock.after(this.#backOff.next(), () => void this.#ask());
      return;
    }
    if (answer === 'lease_lost') {
      onLost();
      return;
    }
    this.#backOff.reset();
    this.#asking = false;
    this.#limit = Math.max(this.#limit, answer);
    onRaised();
  }
}
