import type { ScreenStore, SessionLogReader } from '@berth/log';
import { AppError } from '@berth/protocol';
import { FairTurns } from '../fair-turns.js';
import type { Member } from '../fair-turns.js';
import { LogFold } from '../log-fold.js';
import type { FoldedScreen } from '../log-fold.js';
import type { ChildMessage, ParentMessage, SessionToFold } from '../messages.js';

type Request = Extract<ParentMessage, { type: 'screen' | 'fold' }>;

export interface FoldJobsOptions {
  /** Resolves when Redis has been reached, or could not be. */
  connected: Promise<void>;
  reader: SessionLogReader;
  screens: ScreenStore;
  /** CPU time of this thread so far, in milliseconds. */
  cpuMs(): number;
  send(message: ChildMessage): void;
}

/** What the checkpoint process works on; each job holds one terminal while it lasts. */
export class FoldJobs {
  readonly #turns: FairTurns;
  readonly #cancels = new Map<number, AbortController>();
  readonly #progress = new Set<number>();

  constructor(private readonly options: FoldJobsOptions) {
    this.#turns = new FairTurns(options.cpuMs);
  }

  /** Works on the request and answers it, unless it is cancelled first. */
  async take(request: Request): Promise<void> {
    const { job } = request;
    const cancel = new AbortController();
    this.#cancels.set(job, cancel);
    const member = this.#turns.join();
    try {
      const answer = await this.#work(request, { member, signal: cancel.signal });
      if (!cancel.signal.aborted) this.options.send(answer);
    } catch (error) {
      const code = error instanceof AppError && error.code === 'unavailable' ? 'unavailable' : 'internal';
      if (!cancel.signal.aborted) this.options.send({ type: 'failed', job, code });
    } finally {
      this.#turns.leave(member);
      this.#cancels.delete(job);
      this.#progress.delete(job);
    }
  }

  cancel(job: number): void {
    this.#cancels.get(job)?.abort();
  }

  /** Says which jobs have come further since the last call, if any have. */
  tellProgress(): void {
    if (this.#progress.size === 0) return;
    this.options.send({ type: 'progress', jobs: [...this.#progress] });
    this.#progress.clear();
  }

  async #work(request: Request, { member, signal }: { member: Member; signal: AbortSignal }): Promise<ChildMessage> {
    await this.options.connected;
    const fold = await this.#open(request.session, { job: request.job, member });
    try {
      if (request.type === 'fold') return await this.#foldRun(fold, request, signal);
      while (await fold.advance({ signal }));
      return { type: 'screen', job: request.job, screen: fold.finish() };
    } finally {
      fold.dispose();
    }
  }

  /** Stores a checkpoint each step, and at the end of the log. */
  async #foldRun(fold: LogFold, { job, run, stepBytes }: Extract<Request, { type: 'fold' }>, signal: AbortSignal): Promise<ChildMessage> {
    const save = async (screen: FoldedScreen | undefined): Promise<void> => {
      if (!screen || signal.aborted) return;
      await this.options.screens.save(run, screen);
      this.options.send({ type: 'saved', job, offset: screen.offset });
      saved = fold.offset;
    };
    let saved = fold.offset;
    while (await fold.advance({ max: stepBytes, signal })) if (fold.offset - saved >= stepBytes) await save(fold.checkpoint());
    if (fold.offset > saved) await save(fold.checkpoint());
    return { type: 'folded', job };
  }

  #open(session: SessionToFold, { job, member }: { job: number; member: Member }): Promise<LogFold> {
    const { reader, screens, cpuMs } = this.options;
    const takeTurn = async (work: () => void): Promise<void> => {
      await this.#turns.run(member, work);
      this.#progress.add(job);
    };
    return LogFold.open({ reader, screens, takeTurn, cpuMs }, session);
  }
}
