import { LOG_STALL_MS, PAUSE_HEADROOM } from './limits.js';
import type { Clock } from './ports.js';

/**
 * Holds the program while unlogged bytes fill the ring. A log that frees half the ring within {@link LOG_STALL_MS} paces the program in this way;
 * one that does not is given up: the program goes on, unlogged and without another pause, until the log has caught up by itself.
 */
export class LogStall {
  #state: 'keeps up' | 'paused' | 'given up' = 'keeps up';
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ringBytes: number,
    private readonly setPaused: (paused: boolean) => void,
  ) {}

  /** `unlogged` bytes are not in the log now. */
  measure(unlogged: number): void {
    if (unlogged <= this.ringBytes / 2) {
      this.#enter('keeps up');
    } else if (unlogged >= this.ringBytes - PAUSE_HEADROOM && this.#state === 'keeps up') {
      this.#cancelTimer = this.clock.after(LOG_STALL_MS, () => this.#enter('given up'));
      this.#enter('paused');
    }
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #enter(state: 'keeps up' | 'paused' | 'given up'): void {
    const before = this.#state;
    this.#state = state;
    if (before === 'paused' && state !== 'paused') this.stop();
    if ((before === 'paused') !== (state === 'paused')) this.setPaused(state === 'paused');
  }
}
