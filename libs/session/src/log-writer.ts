import { BackOff } from './back-off.js';
import { LOG_BACKOFF_MS, LOG_BATCH_BYTES, LOG_BATCH_MS, LOG_DRAIN_MS } from './limits.js';
import { LogStall } from './log-stall.js';
import type { OutputRing } from './output-ring.js';
import type { Clock, OutputLog } from './ports.js';

export interface LogWriterOptions {
  ring: OutputRing;
  /** Size to which the ring may grow. */
  ringBytes: number;
  log: OutputLog;
  clock: Clock;
  /** Checks the lease; a run without one writes nothing. */
  mayAct(): boolean;
  setPaused(paused: boolean): void;
  /** The log has been sealed by somebody else. */
  onFenced(): void;
}

/**
 * Copies emitted bytes from the ring to the log, in batches and in order, one append at a time. Bytes that the ring has dropped before the
 * log could take them are left out: the next batch then starts later, which readers see as an exact gap.
 */
export class LogWriter {
  #head: number;
  #logEnd: number;
  #appending = false;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;
  #drained: (() => void) | undefined;
  readonly #backOff = new BackOff(LOG_BACKOFF_MS);
  readonly #stall: LogStall;

  constructor(private readonly options: LogWriterOptions) {
    this.#head = options.ring.end;
    this.#logEnd = options.ring.end;
    this.#stall = new LogStall(options.clock, options.ringBytes, options.setPaused);
  }

  /** Offset behind the last byte that is in the log. */
  get logEnd(): number {
    return this.#logEnd;
  }

  /** Everything up to `head` has been emitted. */
  emitted(head: number): void {
    if (this.#stopped) return;
    this.#head = head;
    this.#schedule();
  }

  /** The ring has grown: hold the program if the log does not keep up. */
  measure(): void {
    if (!this.#stopped) this.#stall.measure(this.options.ring.end - this.#logEnd);
  }

  /** Resolves when all that was emitted is in the log, or the log has been given up. */
  async drain(): Promise<void> {
    if (this.#stopped || this.#logEnd >= this.#head) return;
    await new Promise<void>((resolve) => {
      const cancel = this.options.clock.after(LOG_DRAIN_MS, resolve);
      this.#drained = () => {
        cancel();
        resolve();
      };
      this.#schedule();
    });
  }

  /** Writes nothing more; an append that is under way is not waited for. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#stall.stop();
    this.#drained?.();
  }

  #schedule(): void {
    const waiting = this.#head - this.#logEnd;
    if (this.#appending || waiting === 0) return;
    if (waiting >= LOG_BATCH_BYTES || this.#drained !== undefined) void this.#append();
    else this.#cancelTimer ??= this.options.clock.after(LOG_BATCH_MS, () => void this.#append());
  }

  async #append(): Promise<void> {
    const { ring } = this.options;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#appending = true;
    const from = Math.max(this.#logEnd, ring.start);
    // A copy: the ring may move on while the log is slow, and a repeated append must carry the same bytes.
    const batch = ring.copy(from, Math.min(LOG_BATCH_BYTES, this.#head - from));
    const result = await this.#appendUntilTaken(from + batch.length, batch);
    if (result === 'stopped') return;
    if (result === 'fenced') {
      this.options.onFenced();
      return;
    }
    this.#appending = false;
    this.#logEnd = from + batch.length;
    this.measure();
    if (this.#logEnd >= this.#head) this.#drained?.();
    this.#schedule();
  }

  /** An append that failed may have been stored all the same: the log knows a repetition by its end. */
  async #appendUntilTaken(end: number, batch: Uint8Array): Promise<'ok' | 'fenced' | 'stopped'> {
    for (;;) {
      if (this.#stopped || !this.options.mayAct()) return 'stopped';
      try {
        const result = await this.options.log.append(end, batch);
        this.#backOff.reset();
        return this.#stopped ? 'stopped' : result;
      } catch {
        await new Promise<void>((resolve) => {
          this.#cancelTimer = this.options.clock.after(this.#backOff.next(), resolve);
        });
        this.#cancelTimer = undefined;
      }
    }
  }
}
