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

/** What a byte socket reports, in order. */
export interface ByteSocketEvents {
  /** Output from `offset` on; every byte comes once. Call `done` when the terminal has parsed it. */
  output(offset: number, data: Uint8Array, done: () => void): void;
  /** Output that cannot be had: reset the terminal. */
  gap(from: number, to: number, reason: string): void;
  /** What the terminal shows at `offset`: replaces its whole content. Call `done` when it has been parsed. */
  screen(screen: { offset: number; cols: number; rows: number; serialized: string }): void;
  state(state: RunUpdate): void;
  /** The size that the program sees. */
  resized(cols: number, rows: number): void;
  /** Attached to a run, also after each reconnect. Output before `head` is history. */
  attached(attached: { role: Role; epoch: number; head: number }): void;
  connection(state: ConnectionState): void;
  /** Milliseconds to the gateway and back. */
  roundTrip(ms: number): void;
  /** Input that the program will not get. */
  rejected(code: string): void;
}
