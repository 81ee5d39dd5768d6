import { INPUT_QUEUE_BYTES } from '@berth/protocol';
import { BackOff } from './back-off.js';
import { ByteQueue } from './byte-queue.js';
import { INPUT_BACKOFF_MS } from './limits.js';
import type { Clock } from './ports.js';

export interface InputQueueOptions {
  clock: Clock;
  /** Writes without blocking; how many bytes were taken. */
  write(bytes: Uint8Array): number;
}

/** Input on its way to the program, in order and bounded. It is written at once; a program that does not read is tried again later, never in a loop. */
export class InputQueue {
  readonly #queue = new ByteQueue(INPUT_QUEUE_BYTES);
  readonly #backOff = new BackOff(INPUT_BACKOFF_MS);
  #state: 'held' | 'open' | 'stopped' = 'held';
  #cancelRetry: (() => void) | undefined;

  constructor(private readonly options: InputQueueOptions) {}

  /** Bytes that the program has not taken. */
  get bytes(): number {
    return this.#queue.length;
  }

  /** The program runs: what came before goes to it now. */
  open(): void {
    if (this.#state !== 'held') return;
    this.#state = 'open';
    this.#pump();
  }

  /** Takes the whole of `bytes`, or nothing: false when they do not fit. */
  push(bytes: Uint8Array): boolean {
    if (this.#state === 'stopped' || !this.#queue.push(bytes)) return false;
    if (this.#cancelRetry === undefined) this.#pump();
    return true;
  }

  /** Nothing more is written; what waits is dropped. */
  stop(): void {
    this.#state = 'stopped';
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#queue.clear();
  }

  #pump(): void {
    this.#cancelRetry = undefined;
    if (this.#state !== 'open' || this.#queue.length === 0) return;
    const taken = this.options.write(this.#queue.peek());
    // The write may have found the lease gone and stopped this queue.
    if (this.bytes === 0) return;
    this.#queue.drop(taken);
    if (taken > 0) this.#backOff.reset();
    if (this.#queue.length > 0) this.#cancelRetry = this.options.clock.after(this.#backOff.next(), () => this.#pump());
  }
}
