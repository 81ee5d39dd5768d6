import { COALESCE_BYTES, COALESCE_MS, QUIET_BYTES, QUIET_WINDOW_MS } from './limits.js';
import type { Clock } from './ports.js';

/** Buckets of the quiet window: the last whole ones and the running one, so it looks back between 8 and 12 ms. */
const BUCKET_MS = QUIET_WINDOW_MS / 2;

/**
 * Decides when output goes out, by its byte budget: at once while little has come lately, so that an echo costs no delay; else together, at
 * {@link COALESCE_BYTES} or after {@link COALESCE_MS}. It counts bytes only; they wait in the ring.
 */
export class Coalescer {
  #pending = 0;
  #bucketStart = -Infinity;
  #buckets: [number, number, number] = [0, 0, 0];
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly flush: () => void,
  ) {}

  /** So many bytes are about to come: what waits goes first if both would not fit into one message. */
  makeRoom(count: number): void {
    if (this.#pending + count > COALESCE_BYTES) this.flushNow();
  }

  /** Bytes have come; may flush in this call. */
  add(count: number): void {
    this.#pending += count;
    if (this.#carry(count) < QUIET_BYTES || this.#pending >= COALESCE_BYTES) this.flushNow();
    else this.#cancelTimer ??= this.clock.after(COALESCE_MS, () => this.flushNow());
  }

  /** Flushes what is waiting, if anything. */
  flushNow(): void {
    this.dispose();
    if (this.#pending === 0) return;
    this.#pending = 0;
    this.flush();
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Bytes of the window, these included. */
  #carry(count: number): number {
    const passed = Math.floor((this.clock.now() - this.#bucketStart) / BUCKET_MS);
    if (passed > 0) {
      const [, older, newer] = this.#buckets;
      this.#buckets = passed === 1 ? [older, newer, 0] : passed === 2 ? [newer, 0, 0] : [0, 0, 0];
      this.#bucketStart = Number.isFinite(this.#bucketStart) ? this.#bucketStart + passed * BUCKET_MS : this.clock.now();
    }
    this.#buckets[2] += count;
    return this.#buckets[0] + this.#buckets[1] + this.#buckets[2];
  }
}
