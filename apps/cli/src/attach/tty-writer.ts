import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

interface Part {
  /** Bytes, or what makes them once everything before them has been taken. */
  bytes: Uint8Array | (() => Uint8Array);
  done: (() => void) | undefined;
}

/** A terminal that is full is looked at again after this long, then after twice that, up to the last. */
const FIRST_RETRY_MS = 2;
const LAST_RETRY_MS = 32;
/** How long the last words may wait for a terminal that takes nothing. */
const LAST_WORDS_MS = 300;

/**
 * stdout (1) or stderr (2) as a file of its own that never makes us wait: Node's own stream blocks the whole process while a terminal takes nothing, signals and
 * connection included. Falls back to the shared file where it cannot be opened anew.
 */
export function openAnew(fd: 1 | 2): number {
  const file = fstatSync(fd);
  // A plain file would be written from its beginning again.
  if (!file.isCharacterDevice() && !file.isFIFO()) return fd;
  const path = process.platform === 'linux' ? `/proc/self/fd/${String(fd)}` : '/dev/tty';
  if (path === '/dev/tty' && !isatty(fd)) return fd;
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}

/** Says something on stderr that may get lost: a terminal that takes nothing holds nobody up. */
export function sayInPassing(text: string): void {
  const nobody = { written: () => undefined, failed: () => undefined };
  new TtyWriter(openAnew(2), nobody).close(() => text);
}

/** Writes bytes unchanged and in order to a descriptor, as fast as it takes them. */
export class TtyWriter {
  private queue: Part[] = [];
  private timer: NodeJS.Timeout | undefined;
  private retryMs = FIRST_RETRY_MS;
  private closed = false;
  private waiting: (() => void)[] = [];

  /** `written`: bytes that have gone out. `failed`: nobody will ever take any again. */
  constructor(
    private readonly fd: number,
    private readonly events: { written(bytes: Uint8Array): void; failed(error: Error): void },
  ) {}

  get idle(): boolean {
    return this.queue.length === 0;
  }

  /** `done` when all of it has been taken. */
  write(bytes: Part['bytes'], done?: () => void): void {
    if (this.closed) return;
    this.queue.push({ bytes, done });
    if (this.timer === undefined) this.pump();
  }

  /** Resolves when everything has been taken, or nothing more will be. */
  async drained(): Promise<void> {
    if (this.idle || this.closed) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Writes at once, in place of what was waiting, and takes nothing more. Gives up on a terminal that takes nothing. */
  close(lastWords: () => string): void {
    if (this.closed) return;
    this.shut();
    this.writeNow(lastWords());
  }

  /** Writes at once, before what is waiting. Gives up on a terminal that takes nothing. */
  writeNow(text: string): void {
    const bytes = Buffer.from(text);
    const end = performance.now() + LAST_WORDS_MS;
    let at = 0;
    while (at < bytes.length && performance.now() < end) {
      const taken = this.tryWrite(bytes.subarray(at));
      if (taken === undefined) return;
      at += taken;
      if (taken === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FIRST_RETRY_MS);
    }
  }

  private pump(): void {
    this.timer = undefined;
    for (let part = this.queue[0]; part && !this.closed; part = this.queue[0]) {
      const bytes = typeof part.bytes === 'function' ? part.bytes() : part.bytes;
      const taken = this.tryWrite(bytes);
      if (taken === undefined) return;
      this.events.written(bytes.subarray(0, taken));
      if (taken < bytes.length) {
        part.bytes = bytes.subarray(taken);
        return this.retry(taken > 0);
      }
      this.queue.shift();
      this.retryMs = FIRST_RETRY_MS;
      part.done?.();
    }
    this.release();
  }

  private retry(progress: boolean): void {
    this.retryMs = progress ? FIRST_RETRY_MS : Math.min(LAST_RETRY_MS, this.retryMs * 2);
    this.timer = setTimeout(() => this.pump(), this.retryMs);
  }

  /** How many bytes were taken; 0: full. Undefined: it is gone. */
  private tryWrite(bytes: Uint8Array): number | undefined {
    try {
      return writeSync(this.fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      const first = !this.closed;
      this.shut();
      if (first) this.events.failed(error as Error);
      return undefined;
    }
  }

  private shut(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.queue = [];
    this.release();
  }

  private release(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
