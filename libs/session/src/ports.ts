import type { ErrorCode, Role, RunUpdate, SessionId, TenantId } from '@berth/protocol';

/** Which run of which session; every write of its owner carries all three. */
export interface RunIdentity {
  tenantId: TenantId;
  sessionId: SessionId;
  epoch: number;
}

/** Of a terminal, in cells. */
export interface TerminalSize {
  cols: number;
  rows: number;
}

/** A place in the output: behind every byte before `offset`, and behind the changes of size there up to `sequence`; 0: before all of them. */
export interface OutputPlace {
  offset: number;
  sequence: number;
}

/** The terminal's size at a place and behind it, until the next change. */
export interface PlacedSize extends OutputPlace, TerminalSize {}

/** A change of the terminal's size. Its sequence grows from change to change at one offset, from {@link sequenceBase} of the run on. */
export interface SizeMark extends PlacedSize {
  /** The size until then. */
  before: TerminalSize;
}

/** The terminal's sizes over the output that a session's ring has. */
export interface Sizes {
  /** The size at a place. */
  at(place: OutputPlace): TerminalSize;
  /** The first change behind a place. */
  next(place: OutputPlace): SizeMark | undefined;
}

/** Monotonic time and timers. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back, goes on while the process is stopped. */
  now(): number;
  /** Calls once after `ms` milliseconds; the returned function cancels. */
  after(ms: number, call: () => void): () => void;
}

/** How a program ended. */
export interface Exit {
  exitCode: number;
  /** Number of the signal that ended it, if one did. */
  signal?: number;
}

export interface RunnerEvents {
  /** Bytes that the program wrote, in order; the view is valid in this turn only. */
  data(bytes: Uint8Array): void;
  /** Called once, after the last data. */
  exit(exit: Exit): void;
}

/** What a run drives: one program. Created by its adapter, started once. */
export interface Runner {
  /** Resolves when the program runs; rejects when it cannot be started. Returns its outermost process id, if it has one. */
  start(events: RunnerEvents): Promise<{ pid?: number }>;
  /** Writes without blocking: how many of the bytes were taken; fewer than offered means full, try again later. */
  write(bytes: Uint8Array): number;
  resize(cols: number, rows: number): void;
  /** Stops reading the program's output, so that the kernel stops the program; idempotent. What was being read may still come. */
  pause(): void;
  resume(): void;
  /** Ends the whole process tree, at once or after a short grace of the runner's own; `exit` still follows. Idempotent, also before and after the program's life. */
  kill(): void;
}

/** The run's output log. Its calls come in the order of the output, one at a time. */
export interface OutputLog {
  /**
   * Stores bytes that end at offset `end`, all written at one `size`. `fenced`: the run has been sealed by somebody else. Rejects while the log
   * is away, and within seconds: an append that never settles would hold up all that follow. After a rejection the same append comes again,
   * with the same end and bytes; one that had been stored is `ok`. An append that starts after the end of the last one leaves a gap: those
   * bytes are lost. `bytes` are valid until the answer: their memory is used again then.
   */
  append(end: number, bytes: Uint8Array, size: TerminalSize): Promise<'ok' | 'fenced'>;
  /** Stores a change of size, with the same answers as `append`. Of many at one offset only the latest {@link MARKS_KEPT} need be kept. */
  mark(mark: SizeMark): Promise<'ok' | 'fenced'>;
}

/**
 * Changes of size that are kept at one offset: several seconds of dragging a window in front of a silent program. A storm of them without output in
 * between costs no more than this.
 */
export const MARKS_KEPT = 256;

/** Sequence before a run's first change of size: a run that begins where the one before it ended has higher ones there. */
export const sequenceBase = (epoch: number): number => epoch * 2 ** 32;

/** Reserves offsets for a run in the store. */
export interface OffsetLimit {
  /** Raises the reservation to `limit` or more; returns the new limit, or `lease_lost`. Rejects while the store is away; is then asked again. */
  reserve(limit: number): Promise<number | 'lease_lost'>;
}

/** Whether the run may still act: false once its lease's monotonic deadline has passed. Checked before every write that others can see. */
export interface Lease {
  valid(): boolean;
}

/** What a session tells those who serve it; called in order, never while another call of the same session is on the stack. */
export interface SessionListener {
  /** Bytes were appended to the ring at `offset`; the view is valid in this turn only. */
  output(offset: number, bytes: Uint8Array): void;
  /** Behind all output so far. */
  resized(mark: SizeMark): void;
  state(update: RunUpdate): void;
}

/** One attached viewer, as the session sees it. */
export interface ViewerRequest {
  principal: string;
  clientId: string;
  mayDrive: boolean;
  wantsDrive: boolean;
  cols: number;
  rows: number;
}

export interface ViewerEvents {
  inputAck(lastApplied: number): void;
  reject(inputSeq: number, code: ErrorCode): void;
  /** The viewer must go: `superseded`, or `invalid_request` after a jump in its input sequence. */
  closed(code: ErrorCode): void;
}

export interface Attachment {
  readonly role: Role;
  /** Last input sequence applied for this (principal, clientId) in this epoch; 0 = none. */
  readonly lastInputSeq: number;
  /** Answered by one of the viewer's events, in this call; not at all once the run is ending. The bytes are copied. */
  input(inputSeq: number, bytes: Uint8Array): void;
  /** Ignored unless this viewer drives. */
  resize(cols: number, rows: number): void;
  detach(): void;
}

/** The face that a session shows to a transport. */
export interface ServedSession {
  readonly identity: RunIdentity;
  /** Offset behind the last byte emitted. */
  readonly head: number;
  /** First offset that the ring still has, with every change of size from there on. */
  readonly ringStart: number;
  readonly sizes: Sizes;
  readonly cols: number;
  readonly rows: number;
  readonly state: RunUpdate;
  /** Up to `max` bytes from offset `from`, `ringStart <= from <= head`; a view, valid in this turn only. May return less than is there (ring wrap). */
  read(from: number, max: number): Uint8Array;
  watch(listener: SessionListener): () => void;
  /** Stands for the attachment that this client has now, if any: attaching it again supersedes that. */
  rivalOf(viewer: Pick<ViewerRequest, 'principal' | 'clientId'>): object | undefined;
  attach(viewer: ViewerRequest, events: ViewerEvents): Attachment;
  /**
   * A group of viewers (one gateway) has parsed up to here; paces the program by the furthest. `source` is any stable object; it paces from
   * its first acknowledgement to its release. Lower than before when the furthest of the group has left.
   */
  acknowledge(source: object, parsedUpTo: number): void;
  /** The group is gone; with `lost` it keeps pacing for a short grace. */
  release(source: object, how: 'left' | 'lost'): void;
}
