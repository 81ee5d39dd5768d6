import type { Exit, Runner, RunnerEvents } from '@berth/session';
import { constants, writeSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { ReadStream } from 'node:tty';
import { forkPty, resizePty, type PtyProgram } from './native-pty.js';

/**
 * A terminal that stays open after its program has ended is held by a process that was left behind, for no namespace took it along: its last
 * words are waited for this long after each piece, and so long in all. `QUIET < LINGER`.
 */
const QUIET_MS = 200;
const LINGER_MS = 2_000;
/**
 * Every terminal is read into the same memory, for a read is passed on within its turn: a flood comes in pieces of 4 KiB, and new memory for
 * each would keep the collector as busy as the reader. The next piece is left to the next turn: a second read in the same one waits in the kernel
 * until what the program has written meanwhile is handed over, and halves what four floods get through.
 */
const READ_BUFFER = new Uint8Array(4 * 1024);

export interface PtyRunnerOptions extends PtyProgram {
  /**
   * Already wrapped by the sandbox, which closes every inherited descriptor: a PTY master is not close-on-exec, so an unwrapped program can
   * reach every other session's terminal.
   */
  argv: readonly string[];
  /** SIGKILLs the process tree whose outermost process this is; without it the process group is killed. */
  kill?: (pid: number) => void;
}

interface Terminal {
  pid: number;
  fd: number;
  stream: ReadStream;
}

/** A program in a terminal. */
export class PtyRunner implements Runner {
  #terminal: Terminal | undefined;
  #exit: Exit | undefined;
  #killed = false;
  #paused = false;
  #lingerTimer: NodeJS.Timeout | undefined;
  #lingerUntil = Infinity;

  constructor(private readonly options: PtyRunnerOptions) {}

  async start(events: RunnerEvents): Promise<{ pid: number }> {
    const { argv, cwd } = this.options;
    if (!(await stat(cwd)).isDirectory()) throw new Error('the working directory is not a folder');
    if (argv[0]?.startsWith('/')) await access(argv[0], constants.X_OK);
    if (this.#killed) throw new Error('killed before it was started');
    const { fd, pid } = forkPty(this.options, (exitCode, signal) => {
      this.#exit = signal === 0 ? { exitCode } : { exitCode, signal };
      if (stream.closed) events.exit(this.#exit);
      else this.#linger(true);
    });
    const stream = new ReadStream(fd, {
      onread: {
        buffer: READ_BUFFER,
        // Nothing is held back on the way: pause() stops reading after this piece, and nothing is dropped when the other side closes meanwhile.
        callback: (count, buffer) => {
          events.data(buffer.subarray(0, count));
          this.#linger(false);
          return true;
        },
      },
    });
    this.#terminal = { pid, fd, stream };
    // EIO says that the last process has closed the terminal and everything has been read; `close` follows.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      clearTimeout(this.#lingerTimer);
      if (this.#exit !== undefined) events.exit(this.#exit);
    });
    // Begins to read within this call: resume() would begin once more a little later, whatever was said in between.
    stream.read(0);
    if (this.#paused) stream.pause();
    return { pid };
  }

  /** Synchronous: node-pty's own write goes through the thread pool and spins on a full terminal. */
  write(bytes: Uint8Array): number {
    const terminal = this.#open();
    // Nobody reads it any more: taken, as a terminal takes what its program never reads.
    if (terminal === undefined) return bytes.length;
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(terminal.fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return bytes.length;
    }
    return written;
  }

  resize(cols: number, rows: number): void {
    const terminal = this.#open();
    if (terminal === undefined) return;
    try {
      resizePty(terminal.fd, cols, rows);
    } catch {
      // The program has just closed its side; there is nothing left to resize.
    }
  }

  pause(): void {
    this.#paused = true;
    clearTimeout(this.#lingerTimer);
    this.#terminal?.stream.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#terminal?.stream.resume();
    this.#linger(true);
  }

  kill(): void {
    this.#killed = true;
    if (this.#terminal === undefined || this.#exit !== undefined) return;
    this.#killTree(this.#terminal.pid);
  }

  /** The terminal while its descriptor is open: afterwards the number may name another file. */
  #open(): Terminal | undefined {
    return this.#terminal?.stream.destroyed ? undefined : this.#terminal;
  }

  /** Sets the end of a terminal whose program has ended; the usual end, when nothing else holds it open, comes sooner and by itself. */
  #linger(anew: boolean): void {
    const terminal = this.#open();
    if (this.#exit === undefined || this.#paused || terminal === undefined) return;
    const now = performance.now();
    if (anew) this.#lingerUntil = now + LINGER_MS;
    clearTimeout(this.#lingerTimer);
    const timer = setTimeout(
      // A busy main loop runs its timers before it reads: let it read once more what the program left in the terminal.
      () => setImmediate(() => this.#lingerTimer === timer && !this.#paused && this.#abandon(terminal)),
      Math.max(0, Math.min(QUIET_MS, this.#lingerUntil - now)),
    );
    this.#lingerTimer = timer;
  }

  #abandon({ pid, stream }: Terminal): void {
    this.#killTree(pid);
    stream.destroy();
  }

  #killTree(pid: number): void {
    if (this.options.kill !== undefined) {
      this.options.kill(pid);
      return;
    }
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
}
