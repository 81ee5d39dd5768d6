import { hasReached, TERMINAL_COLS, TERMINAL_ROWS, type CloseReason, type RunUpdate } from '@berth/protocol';
import { InputGate, type GatedProgram } from './input-gate.js';
import { InputQueue } from './input-queue.js';
import { KILL_WAIT_MS, RECORD_WAIT_MS } from './limits.js';
import { Listeners } from './listeners.js';
import { Output } from './output.js';
import type { OutputShares } from './output-shares.js';
import type { PauseReason } from './pause-switch.js';
import type {
  Attachment,
  Clock,
  Exit,
  Lease,
  OffsetLimit,
  OutputLog,
  RunIdentity,
  Runner,
  ServedSession,
  SessionListener,
  ViewerEvents,
  ViewerRequest,
} from './ports.js';
import { RunLifecycle } from './run-lifecycle.js';
import type { SizeHistory } from './size-history.js';

/** How a run ended. */
export interface SessionResult {
  reason: CloseReason;
  /** Of the program; 128 + n after signal n. Absent when it did not run to an end. */
  exitCode?: number;
  /** Offset behind the last byte that anybody may have seen. */
  end: number;
  /** Offset behind the last byte in the log: `end`, unless the log was away. */
  logEnd: number;
  /** The run lost its lease and dropped everything: nothing of this may be recorded. */
  fenced: boolean;
}

/** What a run holds in memory and what it waits for: for those who watch over a host. */
export interface SessionLoad {
  /** Memory of the ring, and output that waits for offsets. */
  outputBytes: number;
  /** Input that the program has not taken. */
  inputBytes: number;
  /** Output that is not in the log yet. */
  unloggedBytes: number;
  /** Why the program is not being read; empty while it is. */
  pauses: readonly PauseReason[];
}

export interface SessionOptions {
  identity: RunIdentity;
  /** Offset of this run's first byte. */
  base: number;
  /** First offset that is not reserved. */
  limit: number;
  cols: number;
  rows: number;
  runner: Runner;
  log: OutputLog;
  /** Size to which the ring may grow, a power of two; 4 MiB by default. */
  ringBytes?: number;
  offsets: OffsetLimit;
  lease: Lease;
  clock: Clock;
  /** What this host's sessions share; without it the session has no bound of this kind. */
  shares?: Pick<OutputShares, 'join'>;
  /**
   * Records the close. Called once, when the last byte is in the log; viewers are told `closed` after it has settled, or after some seconds.
   * Not called for a fenced run.
   */
  onClosed(result: SessionResult): void | Promise<void>;
}

const isWithin = (value: number, { min, max }: { min: number; max: number }) => Number.isInteger(value) && value >= min && value <= max;

/**
 * One run of a session on this host: the only writer of its output and the only reader of its input. Every write that others can see is
 * preceded by a look at the lease; a run without one is fenced: it kills its program and goes silent.
 */
export class Session implements ServedSession {
  readonly identity: RunIdentity;
  /** Resolves once, when the run is over and nothing of it is left to do. */
  readonly finished: Promise<SessionResult>;
  readonly #listeners = new Listeners();
  readonly #lifecycle: RunLifecycle;
  readonly #output: Output;
  readonly #queue: InputQueue;
  readonly #gate: InputGate;
  readonly #whenEnded: Promise<void>;
  #programEnded: () => void = () => undefined;
  #finish: (result: SessionResult) => void = () => undefined;
  #program: 'none' | 'starting' | 'running' | 'ended' = 'none';
  #exitCode: number | undefined;
  #fenced = false;

  constructor(private readonly options: SessionOptions) {
    const { identity, runner, clock } = options;
    this.identity = identity;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.#whenEnded = new Promise((resolve) => (this.#programEnded = resolve));
    this.#lifecycle = new RunLifecycle(identity.epoch, (update) => this.#listeners.tell((listener) => listener.state(update)));
    this.#queue = new InputQueue({ clock, write: (bytes) => (this.#mayAct() ? runner.write(bytes) : 0) });
    this.#gate = new InputGate(this.#gatedProgram());
    this.#output = new Output({
      ...options,
      listeners: this.#listeners,
      program: runner,
      mayAct: () => this.#mayAct(),
      onLost: () => this.fence(),
    });
  }

  get head(): number {
    return this.#output.head;
  }

  get ringStart(): number {
    return this.#output.sizes.start;
  }

  get sizes(): SizeHistory {
    return this.#output.sizes;
  }

  get cols(): number {
    return this.sizes.size.cols;
  }

  get rows(): number {
    return this.sizes.size.rows;
  }

  get state(): RunUpdate {
    return this.#lifecycle.update;
  }

  /** What this run holds at the moment. */
  get load(): SessionLoad {
    const { memory, logEnd, ring, pauses } = this.#output;
    return { outputBytes: memory, inputBytes: this.#queue.bytes, unloggedBytes: ring.end - logEnd, pauses };
  }

  /** Starts the program; resolves when it runs, with its outermost process id. A program that cannot be started closes the run instead. */
  async start(): Promise<{ pid?: number }> {
    if (this.#program !== 'none' || this.state.state !== 'starting' || !this.#mayAct()) return {};
    this.#program = 'starting';
    try {
      const started = await this.options.runner.start({
        data: (bytes) => this.#onData(bytes),
        exit: (exit) => this.#onExit(exit),
      });
      if (this.#program === 'starting') this.#onStarted();
      return started;
    } catch {
      this.#onProgramEnded();
      this.close('start_failed');
      return {};
    }
  }

  /** Whether the program waits for the checkpoints of its log, from now until it is said otherwise or the run closes. */
  holdForCheckpoints(held: boolean): void {
    this.#output.holdForCheckpoints(held);
  }

  /** Ends the run: kills the program, waits for its last bytes, records the close. The first reason stays; later calls do nothing. */
  close(reason: CloseReason): void {
    void this.#tearDown(reason);
  }

  /** The run is no longer this host's: kills the program and goes silent, at once. */
  fence(): void {
    if (this.#fenced || this.#lifecycle.update.state === 'closed') return;
    this.#fenced = true;
    this.#queue.stop();
    this.#listeners.clear();
    if (this.#isAlive()) this.options.runner.kill();
    this.#letGo();
    this.#finish({ reason: 'host_lost', ...this.#figures(), fenced: true });
  }

  read(from: number, max: number): Uint8Array {
    if (from > this.head) throw new RangeError(`offset ${from} is past the head ${this.head}`);
    return this.#output.ring.read(from, Math.min(max, this.head - from));
  }

  watch(listener: SessionListener): () => void {
    return this.#listeners.watch(listener);
  }

  rivalOf(viewer: Pick<ViewerRequest, 'principal' | 'clientId'>): object | undefined {
    return this.#gate.rivalOf(viewer);
  }

  attach(viewer: ViewerRequest, events: ViewerEvents): Attachment {
    return this.#gate.attach(viewer, events);
  }

  acknowledge(source: object, parsedUpTo: number): void {
    this.#output.flow.acknowledge(source, parsedUpTo);
  }

  release(source: object, how: 'left' | 'lost'): void {
    this.#output.flow.release(source, how);
  }

  /** The one way in which a run closes; each step may find that the run has been fenced meanwhile. */
  async #tearDown(reason: CloseReason): Promise<void> {
    if (hasReached(this.state.state, 'closing') || !this.#mayAct()) return;
    // What came before the end is told before the end.
    this.#output.flush();
    if (this.#fenced || !this.#lifecycle.advance('closing', { closeReason: reason, ...this.#exit() })) return;
    this.#queue.stop();
    if (this.#isAlive()) {
      this.options.runner.kill();
      this.#output.endPacing();
      await this.#within(KILL_WAIT_MS, this.#whenEnded);
    }
    if (this.#fenced) return;
    await this.#output.finish();
    if (this.#fenced || !this.#mayAct()) return;
    const result: SessionResult = { reason, ...this.#figures(), fenced: false };
    await this.#within(RECORD_WAIT_MS, this.#record(result));
    if (this.#fenced) return;
    this.#letGo();
    this.#lifecycle.advance('closed', this.#exit());
    this.#finish(result);
  }

  /** Checked before every write that others can see. */
  #mayAct(): boolean {
    if (!this.#fenced && !this.options.lease.valid()) this.fence();
    return !this.#fenced;
  }

  #isAlive(): boolean {
    return this.#program === 'starting' || this.#program === 'running';
  }

  /** Emits nothing more, and reads on a program that has still to die, so that its terminal is closed when it does. */
  #letGo(): void {
    this.#output.stop();
    if (this.#isAlive()) this.options.runner.resume();
  }

  #onStarted(): void {
    this.#program = 'running';
    if (!this.#mayAct() || !this.#lifecycle.advance('running')) {
      this.options.runner.kill();
      return;
    }
    this.options.runner.resize(this.cols, this.rows);
    this.#queue.open();
  }

  #onData(bytes: Uint8Array): void {
    if (!this.#fenced && this.state.state !== 'closed') this.#output.append(bytes);
  }

  #onExit({ exitCode, signal }: Exit): void {
    this.#exitCode = signal ? 128 + signal : exitCode;
    this.#onProgramEnded();
    this.close('exited');
  }

  #onProgramEnded(): void {
    this.#program = 'ended';
    this.#programEnded();
  }

  #resize(cols: number, rows: number): void {
    if (!isWithin(cols, TERMINAL_COLS) || !isWithin(rows, TERMINAL_ROWS)) return;
    if ((cols === this.cols && rows === this.rows) || !this.#takesInput() || !this.#mayAct()) return;
    const mark = this.#output.resize({ cols, rows });
    if (this.#program === 'running') this.options.runner.resize(cols, rows);
    this.#listeners.tell((listener) => listener.resized(mark));
  }

  #takesInput(): boolean {
    return !this.#fenced && !hasReached(this.state.state, 'closing');
  }

  #gatedProgram(): GatedProgram {
    const takesInput = () => this.#takesInput();
    return {
      get takesInput() {
        return takesInput();
      },
      input: (bytes) => this.#queue.push(bytes),
      resize: (cols, rows) => this.#resize(cols, rows),
    };
  }

  #exit(): { exitCode?: number } {
    return this.#exitCode === undefined ? {} : { exitCode: this.#exitCode };
  }

  #figures(): Pick<SessionResult, 'exitCode' | 'end' | 'logEnd'> {
    return { ...this.#exit(), end: this.head, logEnd: this.#output.logEnd };
  }

  /** A close that could not be recorded is closed all the same: its lease ends, and the sweep finds it. */
  async #record(result: SessionResult): Promise<void> {
    try {
      await this.options.onClosed(result);
    } catch {
      return;
    }
  }

  #within(ms: number, promise: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.clock.after(ms, resolve);
      void promise.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
