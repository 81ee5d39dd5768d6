import { isAlive } from './process-table.mjs';
import { Stopped } from './tool-error.mjs';

const GUARD_CHECK_MS = 500;
/** A terminal's ^C reaches us twice when npm hands it on as well: only a later one means "now". */
const SECOND_SIGNAL_MS = 1500;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Turns SIGINT, SIGTERM, SIGHUP and the death of a guard into one request to stop that every phase can wait for.
 * `throwIfRequested()`, `race(promise)` (rejects with Stopped), `requested` (resolves), `signal` (AbortSignal), `hurry` (AbortSignal: a second request).
 */
export class Stop {
  #soft = new AbortController();
  #hard = new AbortController();
  #since = 0;
  #timer;

  /** @param {{ pid: number, started?: string }[]} guards processes (npm, its shell) without which we have no business to go on */
  constructor(guards) {
    this.guards = guards;
    this.exitCode = 0;
    this.reason = '';
    this.requested = new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
    for (const name of Object.keys(EXIT_CODES)) process.on(name, () => this.request(EXIT_CODES[name], name));
    if (guards.length === 0) return;
    this.#timer = setInterval(() => guards.every(isAlive) || this.request(EXIT_CODES.SIGHUP, 'npm is gone'), GUARD_CHECK_MS).unref();
  }

  get signal() {
    return this.#soft.signal;
  }

  get hurry() {
    return this.#hard.signal;
  }

  /** @param {number} exitCode @param {string} reason in a word or two, for the operator */
  request(exitCode, reason) {
    if (this.signal.aborted) {
      if (Date.now() - this.#since > SECOND_SIGNAL_MS) this.#hard.abort();
      return;
    }
    this.exitCode = exitCode;
    this.reason = reason;
    this.#since = Date.now();
    clearInterval(this.#timer);
    this.#soft.abort();
  }

  throwIfRequested() {
    if (this.signal.aborted) throw new Stopped();
  }

  async race(promise) {
    this.throwIfRequested();
    let onAbort;
    const aborted = new Promise((_, reject) => {
      onAbort = () => reject(new Stopped());
      this.signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }

  /** Waits; rejects with Stopped as soon as a stop is requested. */
  async sleep(ms) {
    let timer;
    try {
      await this.race(new Promise((resolve) => (timer = setTimeout(resolve, ms))));
    } finally {
      clearTimeout(timer);
    }
  }
}
