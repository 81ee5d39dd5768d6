import type { Arrivals } from './arrivals.js';

/** One session with one attached client that reads everything at once. */
export interface Terminal {
  readonly output: Arrivals;
  write(bytes: Uint8Array): void;
  /** Ends the session, where the peer has such a thing, and the connection. */
  close(): Promise<void>;
}

/** A way to a program in a terminal: Berth, or what it is measured against. */
export interface Peer {
  readonly name: string;
  /** Starts `argv` in a new terminal and attaches to it. */
  open(argv: readonly string[]): Promise<Terminal>;
  /** Processes that carry the bytes, without the programs in the terminals. `front`: the one that clients are connected to. */
  processes(): { front: number[]; behind: number[] };
  close(): Promise<void>;
}

/** How a peer is brought up; it is closed by whoever called. */
export type StartPeer = () => Promise<Peer>;

/** Programs that echo, or write, without the terminal changing a byte. */
export const rawProgram = (script: string): string[] => ['sh', '-c', `stty raw -echo; printf '${READY}'; ${script}`];
/** What a raw program says once its terminal is set up. */
export const READY = '[ready]';

/** Resolves when the program has said that it is ready; whatever comes after it goes to the next reader. */
export function untilReady(terminal: Terminal): Promise<void> {
  let seen = '';
  return terminal.output.until('the program is ready', (bytes) => {
    seen += Buffer.from(bytes).toString('latin1');
    return seen.includes(READY);
  });
}
