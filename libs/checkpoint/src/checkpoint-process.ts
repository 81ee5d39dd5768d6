import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError } from '@berth/protocol';
import type { RunIdentity } from '@berth/session';
import type { FoldedScreen } from './log-fold.js';
import type { ChildMessage, ParentMessage, SessionToFold } from './messages.js';

/** The built child, from our sources as from what is built. */
const CHILD = fileURLToPath(new URL('../dist/child/main.js', import.meta.url));
/** A process without work for this long is ended: most sessions never need one. */
const IDLE_MS = 30_000;
/** Waits before a process that has died is started again, doubling; whatever killed it may still be there. */
const RESTART_MS = { first: 100, last: 5_000 } as const;
/** One that has lived for so long has not died of its start. */
const HEALTHY_MS = 10_000;
/** One that has work and says nothing for so long hangs, and every session of the host would wait for it: much longer than a turn takes on a busy machine. */
const SILENT_MS = 30_000;
/** Its own heap; a terminal of the largest size takes 25 MB outside of it. */
const HEAP_MIB = 256;

export interface CheckpointProcessOptions {
  redisUrl: string;
  /** The whole environment of the process; it needs none of it but what finds it. */
  env: NodeJS.ProcessEnv;
  /** Called when it has died by itself; its jobs have been failed with `unavailable`. */
  onDied?(how: { code: number | null; signal: string | null }): void;
  /** How long it stays without work, in milliseconds. */
  idleMs?: number;
  /** How long it may say nothing while it has work, in milliseconds; then it is killed, as if it had died. */
  silentMs?: number;
}

/** A fold of a run that is under way. */
export interface FoldJob {
  /** Resolves when the end of the log is reached; rejects with `unavailable` while Redis or the process is away, and when cancelled. */
  done: Promise<void>;
  cancel(): void;
}

export interface FoldRunOptions {
  /** A checkpoint is stored each so many bytes. */
  stepBytes: number;
  /** A checkpoint is stored: the log before `offset` is not needed any more. */
  onSaved(offset: number): void;
  /** It has come further; told a few times a second. */
  onProgress(): void;
}

interface Job {
  request: Extract<ParentMessage, { type: 'screen' | 'fold' }>;
  answered(message: ChildMessage): void;
  failed(error: AppError): void;
}

const unavailable = (detail: string): AppError => new AppError('unavailable', { detail });

/** The checkpoint process of an app. It is started for the first job, ended when idle, and started anew, not too soon, when it has died or was killed for its silence. */
export class CheckpointProcess {
  readonly #jobs = new Map<number, Job>();
  #child: ChildProcess | undefined;
  #nextJob = 1;
  #startedAt = 0;
  #restartWait = 0;
  #notBefore = 0;
  #idle: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(private readonly options: CheckpointProcessOptions) {}

  /** Process id while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * The screen at the end of the session's log. Rejects with `unavailable` while Redis or the process is away, with `internal` when the log cannot be
   * folded, and with the signal's reason when that aborts. Nothing bounds its time but the signal.
   */
  async screenOf(session: SessionToFold, signal?: AbortSignal): Promise<FoldedScreen> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const request = this.#open((job) => ({ type: 'screen', job, session }), {
        answered: (message) => {
          if (message.type === 'screen') resolve(message.screen);
        },
        failed: reject,
      });
      const abort = (): void => {
        reject(signal?.reason as Error);
        request.cancel();
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Folds the log of a live run, the last one of the session, up to its end, and stores checkpoints on the way. */
  foldRun(session: SessionToFold, run: RunIdentity, { stepBytes, onSaved, onProgress }: FoldRunOptions): FoldJob {
    let cancel = (): void => undefined;
    const done = new Promise<void>((resolve, reject) => {
      ({ cancel } = this.#open((job) => ({ type: 'fold', job, session, run, stepBytes }), {
        answered: (message) => {
          onProgress();
          if (message.type === 'saved') onSaved(message.offset);
          else if (message.type === 'folded') resolve();
        },
        failed: reject,
      }));
    });
    return { done, cancel };
  }

  /** Ends the process at once; nothing is asked of it any more. */
  end(): void {
    this.#ended = true;
    this.#stopChild();
    this.#failAll('The checkpoint process is ending.');
  }

  #open(request: (job: number) => Job['request'], { answered, failed }: Omit<Job, 'request'>): { cancel(): void } {
    const id = this.#nextJob++;
    const child = this.#ensureChild();
    if (!child) {
      queueMicrotask(() => failed(unavailable('The checkpoint process is not running; it will be started again shortly.')));
      return { cancel: () => undefined };
    }
    this.#jobs.set(id, { request: request(id), answered, failed });
    clearTimeout(this.#idle);
    if (this.#jobs.size === 1) this.#heard();
    this.#send(child, request(id));
    return {
      cancel: () => {
        const job = this.#jobs.get(id);
        if (!job) return;
        if (this.#child) this.#send(this.#child, { type: 'cancel', job: id });
        this.#finished(id);
        job.failed(unavailable('The request was given up.'));
      },
    };
  }

  #ensureChild(): ChildProcess | undefined {
    if (this.#child || this.#ended || performance.now() < this.#notBefore) return this.#child;
    const { env, redisUrl } = this.options;
    this.#startedAt = performance.now();
    const child = fork(CHILD, [], {
      detached: true,
      env,
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      // Screens are bytes: JSON would make them lists of numbers.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message) => this.#receive(message as ChildMessage));
    // What fails to be sent is followed by the exit, which is what counts; one that could not be started has none.
    child.on('error', () => {
      if (child.pid === undefined) this.#exited(child, { code: null, signal: null });
    });
    child.once('exit', (code, signal) => this.#exited(child, { code, signal }));
    this.#send(child, { type: 'settings', redisUrl });
    return child;
  }

  /** Its silence counts from now on, while it has work. */
  #heard(): void {
    clearTimeout(this.#silence);
    if (this.#jobs.size === 0) return;
    this.#silence = setTimeout(() => this.#child?.kill('SIGKILL'), this.options.silentMs ?? SILENT_MS);
    this.#silence.unref();
  }

  #receive(message: ChildMessage): void {
    this.#heard();
    if (message.type === 'progress') {
      for (const id of message.jobs) this.#jobs.get(id)?.answered(message);
      return;
    }
    const job = this.#jobs.get(message.job);
    if (!job) return;
    if (message.type !== 'saved') this.#finished(message.job);
    if (message.type === 'failed') job.failed(new AppError(message.code, { detail: 'The screen cannot be made from the output log.' }));
    else job.answered(message);
  }

  #finished(id: number): void {
    this.#jobs.delete(id);
    if (this.#jobs.size > 0) return;
    clearTimeout(this.#silence);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#stopChild(), this.options.idleMs ?? IDLE_MS);
    this.#idle.unref();
  }

  #exited(child: ChildProcess, how: { code: number | null; signal: string | null }): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    clearTimeout(this.#silence);
    const lived = performance.now() - this.#startedAt;
    this.#restartWait =
      lived > HEALTHY_MS ? RESTART_MS.first : Math.min(Math.max(this.#restartWait * 2, RESTART_MS.first), RESTART_MS.last);
    this.#notBefore = performance.now() + this.#restartWait;
    this.options.onDied?.(how);
    this.#failAll('The checkpoint process has died; it will be started again shortly.');
  }

  #failAll(detail: string): void {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of jobs) job.failed(unavailable(detail));
  }

  /** Nothing of it needs to be saved: what it has not stored is folded again. */
  #stopChild(): void {
    const child = this.#child;
    this.#child = undefined;
    clearTimeout(this.#idle);
    clearTimeout(this.#silence);
    child?.kill('SIGKILL');
  }

  #send(child: ChildProcess, message: ParentMessage): void {
    if (child.connected) child.send(message, () => undefined);
  }
}

/** The checkpoint process of this app; none runs before the first job. Whoever starts it ends it. */
export const startCheckpointProcess = (options: CheckpointProcessOptions): CheckpointProcess => new CheckpointProcess(options);
