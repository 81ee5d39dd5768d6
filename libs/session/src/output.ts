import { MAX_OUTPUT_CHUNK } from '@berth/protocol';
import { Coalescer } from './coalescer.js';
import { FlowControl } from './flow-control.js';
import { LOG_DRAIN_MS, RING_INITIAL_BYTES, RING_MAX_BYTES } from './limits.js';
import type { Listeners } from './listeners.js';
import { LogWriter } from './log-writer.js';
import { OffsetReservation } from './offset-reservation.js';
import { OutputRing } from './output-ring.js';
import { PauseSwitch } from './pause-switch.js';
import type { Clock, OffsetLimit, OutputLog } from './ports.js';

export interface OutputOptions {
  base: number;
  limit: number;
  log: OutputLog;
  offsets: OffsetLimit;
  clock: Clock;
  listeners: Listeners;
  program: { pause(): void; resume(): void };
  /** Checks the lease; a run without one emits nothing. */
  mayAct(): boolean;
  /** The run belongs to somebody else. */
  onLost(): void;
}

/** The way of a byte out of the program: numbered in the ring, told to the listeners, written to the log, at the pace that all of these allow. */
export class Output {
  readonly ring: OutputRing;
  readonly flow: FlowControl;
  readonly #coalescer: Coalescer;
  readonly #reservation: OffsetReservation;
  readonly #log: LogWriter;
  readonly #pauses: PauseSwitch;
  /** Bytes that came after the last reserved offset; they go out when there is a next one. */
  #held: Uint8Array[] = [];
  #onUnheld: (() => void) | undefined;
  #head: number;

  constructor(private readonly options: OutputOptions) {
    const { base, limit, log, offsets, clock, program, mayAct, onLost } = options;
    this.#head = base;
    this.ring = new OutputRing(base, RING_MAX_BYTES, RING_INITIAL_BYTES);
    this.#pauses = new PauseSwitch(program);
    this.flow = new FlowControl({ clock, base, setPaused: (paused) => this.#pauses.set('viewers', paused) });
    this.#coalescer = new Coalescer(clock, () => this.#emit());
    this.#reservation = new OffsetReservation({ limit, offsets, clock, onRaised: () => this.#onRaised(), onLost });
    this.#log = new LogWriter({
      ring: this.ring,
      ringBytes: RING_MAX_BYTES,
      log,
      clock,
      mayAct,
      setPaused: (paused) => this.#pauses.set('log', paused),
      onFenced: onLost,
    });
  }

  /** Offset behind the last byte that was emitted. The ring may hold more, which waits to go out with what follows. */
  get head(): number {
    return this.#head;
  }

  /** Offset behind the last byte that is in the log. */
  get logEnd(): number {
    return this.#log.logEnd;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += MAX_OUTPUT_CHUNK) this.#append(bytes.subarray(at, at + MAX_OUTPUT_CHUNK));
  }

  /** Emits what waits for company. */
  flush(): void {
    this.#coalescer.flushNow();
  }

  /** Viewers pace no more: a program that has been told to end is to deliver its last bytes. The log and the offsets still hold it. */
  endPacing(): void {
    this.flow.stop();
    this.#pauses.set('viewers', false);
  }

  /** Resolves when every byte has been emitted and logged, or what stands in the way has been given up. */
  async finish(): Promise<void> {
    if (this.#held.length > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.options.clock.after(LOG_DRAIN_MS, resolve);
        this.#onUnheld = () => {
          cancel();
          resolve();
        };
      });
    }
    this.flush();
    await this.#log.drain();
  }

  /** Emits and logs nothing more. */
  stop(): void {
    this.#coalescer.dispose();
    this.#reservation.stop();
    this.#log.stop();
    this.flow.stop();
    this.#held = [];
    this.#onUnheld?.();
  }

  #append(bytes: Uint8Array): void {
    const { ring } = this;
    if (this.#held.length > 0 || this.#reservation.left(ring.end) < bytes.length) {
      this.#held.push(bytes);
    } else {
      this.#coalescer.makeRoom(bytes.length);
      ring.append(bytes);
      this.flow.produced(ring.end);
      this.#coalescer.add(bytes.length);
      this.#log.measure();
    }
    this.#reservation.ensure(ring.end);
    this.#pauses.set('offsets', this.#reservation.isShort(ring.end));
  }

  #onRaised(): void {
    const held = this.#held;
    this.#held = [];
    this.#pauses.set('offsets', this.#reservation.isShort(this.ring.end));
    for (const bytes of held) this.#append(bytes);
    if (this.#held.length === 0) this.#onUnheld?.();
  }

  #emit(): void {
    const { listeners, mayAct } = this.options;
    if (!mayAct()) return;
    while (this.#head < this.ring.end) {
      const offset = this.#head;
      const bytes = this.ring.read(offset, MAX_OUTPUT_CHUNK);
      this.#head += bytes.length;
      listeners.tell((listener) => listener.output(offset, bytes));
    }
    this.#log.emitted(this.#head);
  }
}
