import { LOG_BATCH_BYTES } from './limits.js';

/** Less is taken from the heap, where it costs little. */
const SMALL = LOG_BATCH_BYTES / 4;
/** Blocks kept for the next batches; more are in use only while as many sessions flood at once. */
const MOST_SPARE = 16;

/**
 * Memory for log batches, used again by whoever comes next: new memory for each would keep the collector as busy in a flood as everything else
 * together, because V8 counts what lies outside of its heap as a reason to collect.
 */
export class BatchMemory {
  readonly #spare: ArrayBuffer[] = [];

  /** Room for `length` bytes, at most one batch, with anything in it. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length < SMALL) return new Uint8Array(length);
    return new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(LOG_BATCH_BYTES), 0, length);
  }

  /** Nobody reads these bytes any more. */
  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength === LOG_BATCH_BYTES && this.#spare.length < MOST_SPARE) this.#spare.push(buffer);
  }
}
