import { BackOff } from './back-off.js';
import { BatchMemory } from './batch-memory.js';
import { LOG_BACKOFF_MS, LOG_BATCH_BYTES, LOG_BATCH_MS, LOG_DRAIN_MS } from './limits.js';
import { LogStall } from './log-stall.js';
import type { OutputRing } from './output-ring.js';
import type { Clock, OutputLog, OutputPlace, SizeMark } from './ports.js';
import type { SizeHistory } from './size-history.js';

export interface LogWriterOptions {
  ring: OutputRing;
  /** Size to which the ring may grow. */
  ringBytes: number;
  log: OutputLog;
  clock: Clock;
  /** Of the output in the ring; it may begin later than the ring. */
  sizes: SizeHistory;
  /** Checks the lease; a run without one writes nothing. */
  mayAct(): boolean;
  setPaused(paused: boolean): void;
  /** The log has been sealed by somebody else. */
  onFenced(): void;
}

/** Of all sessions of this process: one batch after the other of whoever floods. */
const memory = new BatchMemory();

/**
 * Copies emitted bytes from the ring to the log, in batches and in order, one append at a time; none spans a change of size, which is written in
 * its place. Bytes that the ring has dropped before the log could take them are left out: the next batch then starts later, which readers see as
 * an exact gap.
 */
export class LogWriter {
  #head: number;
  /** Behind all that is in the log. */
  #place: OutputPlace;
  #appending = false;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;
  #drained: (() => void) | undefined;
  readonly #backOff = new BackOff(LOG_BACKOFF_MS);
  readonly #stall: LogStall;

  constructor(private readonly options: LogWriterOptions) {
    this.#head = options.ring.end;
    this.#place = { offset: options.ring.end, sequence: 0 };
    this.#stall = new LogStall(options.clock, options.ringBytes, options.setPaused);
  }

  /** Offset behind the last byte that is in the log. */
  get logEnd(): number {
    return this.#place.offset;
  }

  /** Everything up to `head` has been emitted. */
  emitted(head: number): void {
    if (this.#stopped) return;
    this.#head = head;
    this.#schedule();
  }

  /** The size has changed behind all that has been emitted. */
  resized(): void {
    if (!this.#stopped) this.#schedule();
  }

  /** The ring has grown: hold the program if the log does not keep up. */
  measure(): void {
    if (!this.#stopped) this.#stall.measure(this.options.ring.end - this.logEnd);
  }

  /** Resolves when all that was emitted is in the log, or the log has been given up. */
  async drain(): Promise<void> {
    if (this.#stopped || this.#isComplete) return;
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

  get #nextMark(): SizeMark | undefined {
    const mark = this.options.sizes.next(this.#place);
    return mark && mark.offset <= this.#head ? mark : undefined;
  }

  get #isComplete(): boolean {
    return this.logEnd >= this.#head && this.#nextMark === undefined;
  }

  #schedule(): void {
    if (this.#appending || this.#isComplete) return;
    // A batch that ends at a change of size does not grow any more.
    if (this.#head - this.logEnd >= LOG_BATCH_BYTES || this.#drained !== undefined || this.#nextMark) void this.#append();
    else this.#cancelTimer ??= this.options.clock.after(LOG_BATCH_MS, () => void this.#append());
  }

  async #append(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#appending = true;
    const { place, write } = this.#nextWrite();
    const result = await this.#writeUntilTaken(write);
    if (result === 'stopped') return;
    if (result === 'fenced') {
      this.options.onFenced();
      return;
    }
    this.#appending = false;
    this.#place = place;
    this.measure();
    if (this.#isComplete) this.#drained?.();
    this.#schedule();
  }

  /** What comes next in the log, and where it ends. */
  #nextWrite(): { place: OutputPlace; write: () => Promise<'ok' | 'fenced'> } {
    const { ring, sizes, log } = this.options;
    const from = this.logEnd < sizes.start ? { offset: sizes.start, sequence: 0 } : this.#place;
    const mark = sizes.next(from);
    if (mark?.offset === from.offset) return { place: mark, write: () => log.mark(mark) };
    const end = Math.min(from.offset + LOG_BATCH_BYTES, mark?.offset ?? this.#head, this.#head);
    // A copy: the ring may move on while the log is slow, and a repeated append must carry the same bytes.
    const batch = ring.copyInto(memory.take(end - from.offset), from.offset);
    const size = sizes.at(from);
    return {
      place: { offset: end, sequence: 0 },
      write: async () => {
        const result = await log.append(end, batch, size);
        memory.give(batch);
        return result;
      },
    };
  }

  /** What failed may have been stored all the same: the log knows a repetition by its place. */
  async #writeUntilTaken(write: () => Promise<'ok' | 'fenced'>): Promise<'ok' | 'fenced' | 'stopped'> {
    for (;;) {
      if (this.#stopped || !this.options.mayAct()) return 'stopped';
      try {
        const result = await write();
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
