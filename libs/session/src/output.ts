import { MAX_OUTPUT_CHUNK } from '@berth/protocol';
import { Coalescer } from './coalescer.js';
import { FlowControl } from './flow-control.js';
import { LOG_DRAIN_MS, RING_INITIAL_BYTES, RING_MAX_BYTES } from './limits.js';
import type { Listeners } from './listeners.js';
import { LogWriter } from './log-writer.js';
import { OffsetReservation } from './offset-reservation.js';
import { OutputRing } from './output-ring.js';
import type { OutputShare, OutputShares } from './output-shares.js';
import { PauseSwitch, type PauseReason } from './pause-switch.js';
import type { Clock, OffsetLimit, OutputLog, RunIdentity, SizeMark, TerminalSize } from './ports.js';
import { SizeHistory } from './size-history.js';

export interface OutputOptions extends TerminalSize {
  identity: RunIdentity;
  base: number;
  limit: number;
  log: OutputLog;
  ringBytes?: number;
  offsets: OffsetLimit;
  clock: Clock;
  listeners: Listeners;
  program: { pause(): void; resume(): void };
  /** What this host's sessions share; without it the session has no bound of this kind. */
  shares?: Pick<OutputShares, 'join'>;
  /** Checks the lease; a run without one emits nothing. */
  mayAct(): boolean;
  /** The run belongs to somebody else. */
  onLost(): void;
}

/** The way of a byte out of the program: numbered in the ring, told to the listeners, written to the log, at the pace that all of these allow. */
export class Output {
  readonly ring: OutputRing;
  readonly sizes: SizeHistory;
  readonly flow: FlowControl;
  readonly #coalescer: Coalescer;
  readonly #reservation: OffsetReservation;
  readonly #log: LogWriter;
  readonly #pauses: PauseSwitch;
  readonly #share: OutputShare | undefined;
  #paced = true;
  /** Bytes that came after the last reserved offset; they go out when there is a next one. */
  #held: Uint8Array[] = [];
  #onUnheld: (() => void) | undefined;
  #head: number;

  constructor(private readonly options: OutputOptions) {
    const { base, limit, log, offsets, clock, program, shares, mayAct, onLost, ringBytes = RING_MAX_BYTES } = options;
    this.#head = base;
    this.ring = new OutputRing(base, ringBytes, RING_INITIAL_BYTES);
    this.sizes = new SizeHistory({ base, epoch: options.identity.epoch }, options);
    this.#pauses = new PauseSwitch(program);
    this.flow = new FlowControl({ clock, base, setPaused: (paused) => this.#pauses.set('viewers', paused) });
    this.#share = shares?.join(options.identity.tenantId, (paused) => this.#pauses.set('share', paused));
    this.#coalescer = new Coalescer(clock, () => this.#emit());
    this.#reservation = new OffsetReservation({ limit, offsets, clock, onRaised: () => this.#onRaised(), onLost });
    this.#log = new LogWriter({
      ring: this.ring,
      ringBytes,
      log,
      clock,
      sizes: this.sizes,
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

  /** Memory that the output takes, bytes: the ring, and what waits for offsets. */
  get memory(): number {
    return this.#held.reduce((sum, { length }) => sum + length, this.ring.capacity);
  }

  /** Why the program is not being read. */
  get pauses(): readonly PauseReason[] {
    return this.#pauses.reasons;
  }

  append(bytes: Uint8Array): void {
    this.#share?.took(bytes.length);
    for (let at = 0; at < bytes.length; at += MAX_OUTPUT_CHUNK) this.#append(bytes.subarray(at, at + MAX_OUTPUT_CHUNK));
  }

  /** Emits what waits for company. */
  flush(): void {
    this.#coalescer.flushNow();
  }

  /** The terminal gets another size, behind everything that has come until now. */
  resize(size: TerminalSize): SizeMark {
    this.flush();
    const mark = this.sizes.add(this.ring.end, size);
    this.#log.resized();
    return mark;
  }

  /** Whether the program waits for the checkpoints of its log. */
  holdForCheckpoints(held: boolean): void {
    if (this.#paced) this.#pauses.set('checkpoints', held);
  }

  /** Viewers, checkpoints and shares pace no more: a program that has been told to end is to deliver its last bytes. The log and the offsets still hold it. */
  endPacing(): void {
    this.flow.stop();
    this.#share?.leave();
    this.#paced = false;
    this.#pauses.set('viewers', false);
    this.#pauses.set('checkpoints', false);
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
    this.#share?.leave();
    this.#held = [];
    this.#onUnheld?.();
  }

  #append(bytes: Uint8Array): void {
    const { ring } = this;
    if (this.#held.length > 0 || this.#reservation.left(ring.end) < bytes.length) {
      this.#held.push(bytes.slice());
    } else {
      this.#coalescer.makeRoom(bytes.length);
      ring.append(bytes);
      this.sizes.trim(ring.start);
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
