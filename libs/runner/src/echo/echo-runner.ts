import type { Exit, Runner, RunnerEvents } from '@berth/session';

/** Bytes of one piece of output: what a busy terminal delivers at most. */
const CHUNK_BYTES = 64 * 1024;
/** `!output <seed> <length>` writes seeded bytes, `!exit <code>` ends the program; each on a line of its own. */
const COMMAND = /^!(output (?<seed>\d+) (?<length>\d+)|exit (?<code>\d+))$/;
/** No command is longer; the rest of a long line is only echoed. */
const MAX_LINE = 64;

export interface EchoRunnerOptions {
  /** Byte source of `!output`: `length` bytes of stream `seed` from `offset`. */
  output?: (seed: number, offset: number, length: number) => Uint8Array;
}

interface Piece {
  length: number;
  bytes(offset: number, length: number): Uint8Array;
}

/** A program without a process, for tests: it writes what it reads, and more on command. It reads and writes in turns of the event loop, as a real one would. */
export class EchoRunner implements Runner {
  #events: RunnerEvents | undefined;
  readonly #pieces: Piece[] = [];
  #at = 0;
  #exit: Exit | undefined;
  #ended = false;
  #paused = false;
  #reading = true;
  #scheduled = false;
  #line = '';

  constructor(private readonly options: EchoRunnerOptions = {}) {}

  start(events: RunnerEvents): Promise<Record<string, never>> {
    this.#events = events;
    this.#schedule();
    return Promise.resolve({});
  }

  write(bytes: Uint8Array): number {
    if (!this.#reading) return 0;
    this.print(bytes);
    for (const byte of bytes) this.#read(byte);
    return bytes.length;
  }

  resize(): void {
    // It draws nothing.
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  kill(): void {
    this.#pieces.length = 0;
    this.exit({ exitCode: 0, signal: 9 });
  }

  /** Whether the program has ended, by itself or killed. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Stops or goes on taking input, as a program that does not read. */
  setReading(reading: boolean): void {
    this.#reading = reading;
  }

  /** Writes output unasked. */
  print(bytes: Uint8Array): void {
    const own = bytes.slice();
    this.#queue({ length: own.length, bytes: (offset, length) => own.subarray(offset, offset + length) });
  }

  /** Writes `length` bytes that are made as they are needed. */
  flood(length: number, bytes: (offset: number, length: number) => Uint8Array): void {
    this.#queue({ length, bytes });
  }

  /** Ends after all output so far. */
  exit(exit: Exit): void {
    this.#exit ??= exit;
    this.#schedule();
  }

  #read(byte: number): void {
    if (byte !== 10 && byte !== 13) {
      if (this.#line.length < MAX_LINE) this.#line += String.fromCharCode(byte);
      return;
    }
    const { seed, length, code } = COMMAND.exec(this.#line)?.groups ?? {};
    this.#line = '';
    const { output } = this.options;
    if (code !== undefined) this.exit({ exitCode: Number(code) });
    else if (output !== undefined && length !== undefined) this.flood(Number(length), (at, count) => output(Number(seed), at, count));
  }

  #queue(piece: Piece): void {
    if (this.#exit !== undefined || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#ended || this.#paused || this.#events === undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#step();
    });
  }

  #step(): void {
    if (this.#ended || this.#paused) return;
    const [piece] = this.#pieces;
    if (piece !== undefined) {
      const bytes = piece.bytes(this.#at, Math.min(CHUNK_BYTES, piece.length - this.#at));
      this.#at += bytes.length;
      if (this.#at >= piece.length) {
        this.#pieces.shift();
        this.#at = 0;
      }
      this.#events?.data(bytes);
    } else if (this.#exit !== undefined) {
      this.#ended = true;
      this.#events?.exit(this.#exit);
      return;
    }
    if (this.#pieces.length > 0 || this.#exit !== undefined) this.#schedule();
  }
}
