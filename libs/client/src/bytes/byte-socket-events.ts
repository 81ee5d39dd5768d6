import type { ErrorCode, Role, RunUpdate } from '@berth/protocol';

/** Where the connection stands. `code` is the close code that ended the last one. */
export type ConnectionState =
  | { phase: 'connecting' }
  /** Connected; the session waits for its host, as the run state tells. */
  | { phase: 'attaching' }
  | { phase: 'attached' }
  | { phase: 'retrying'; inMs: number; code: number }
  /** For good: by `close()`, by the end of the session, or for a reason that trying again does not mend. */
  | { phase: 'ended'; code: number; error?: ErrorCode };

/** What stands for output from `from` to `offset`: written as it is into a terminal of `cols` x `rows`, it replaces all that this terminal is and shows. */
export interface Screen {
  from: number;
  offset: number;
  cols: number;
  rows: number;
  serialized: Uint8Array;
}

/** What a byte socket reports, in order. */
export interface ByteSocketEvents {
  /** Output from `offset` on; every byte comes once. Call `done` when the terminal has parsed it. */
  output(offset: number, data: Uint8Array, done: () => void): void;
  /** Output that cannot be had: what the terminal shows from then on may be wrong. */
  gap(from: number, to: number, reason: string): void;
  /** Output that cannot be had, and what a terminal shows that has seen it. Call `done` when it has been parsed. */
  screen(screen: Screen, done: () => void): void;
  state(state: RunUpdate): void;
  /**
   * The terminal's size from here on, in order with output, gaps and screens: a terminal that parses later must apply it later too. At last it is
   * the one that the program sees.
   */
  resized(cols: number, rows: number): void;
  /** Attached to a run, also after each reconnect. Output before `head` is history. */
  attached(attached: { role: Role; epoch: number; head: number }): void;
  connection(state: ConnectionState): void;
  /** Milliseconds to the gateway and back. */
  roundTrip(ms: number): void;
  /** Input that the program will not get. */
  rejected(code: string): void;
}
