import type { ScreenStore, SessionLogReader } from '@berth/log';
import { AppError } from '@berth/protocol';
import { FairTurns } from '../fair-turns.js';
import type { Member } from '../fair-turns.js';
import { LogFold } from '../log-fold.js';
import type { ChildMessage, ParentMessage, SessionToFold } from '../messages.js';
import { Places } from '../places.js';

/** Terminals at once: those of the largest size take 25 MB each. */
const PLACES = 4;
/** Processor time after which a job makes place for one that waits: an ordinary fold takes half of it, and who comes waits for all that are there at most. */
const PLACE_MS = 200;

type FoldRequest = Extract<ParentMessage, { type: 'fold' }>;
type Request = Extract<ParentMessage, { type: 'screen' }> | FoldRequest;

interface Work {
  member: Member;
  signal: AbortSignal;
}

/** How long a job holds its place. */
interface Hold {
  signal: AbortSignal;
  enough(): boolean;
}

export interface FoldJobsOptions {
  /** Resolves when Redis has been reached, or could not be. */
  connected: Promise<void>;
  reader: SessionLogReader;
  screens: ScreenStore;
  /** CPU time of this thread so far, in milliseconds. */
  cpuMs(): number;
  send(message: ChildMessage): void;
}

/** What the checkpoint process works on: jobs take turns of its thread, and places for the terminals that they hold. */
export class FoldJobs {
  readonly #turns: FairTurns;
  readonly #places = new Places(PLACES);
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

  /** Others who wait for a place get this one after a while; the job then goes on from what it has stored. */
  async #work(request: Request, { member, signal }: Work): Promise<ChildMessage> {
    await this.options.connected;
    for (;;) {
      await this.#places.take(member, signal);
      try {
        const answer = await this.#hold(request, { member, signal });
        if (answer) return answer;
      } finally {
        this.#places.leave();
      }
    }
  }

  /** Undefined when it has made place for others before it was done. */
  async #hold(request: Request, { member, signal }: Work): Promise<ChildMessage | undefined> {
    const until = member.usedMs + PLACE_MS;
    const fold = await this.#open(request.session, { job: request.job, member });
    try {
      if (request.type === 'fold')
        return await this.#foldRun(fold, request, { signal, enough: () => this.#places.wanted && member.usedMs > until });
      while (await fold.advance({ signal }));
      return { type: 'screen', job: request.job, screen: await fold.finish() };
    } finally {
      fold.dispose();
    }
  }

  /** Stores a checkpoint each step, when it has had enough, and at the end of the log. */
  async #foldRun(fold: LogFold, { job, run, stepBytes }: FoldRequest, { signal, enough }: Hold): Promise<ChildMessage | undefined> {
    const from = fold.offset;
    let saved = from;
    /** Offset up to which there is a checkpoint. */
    const save = async (): Promise<number> => {
      const screen = await fold.checkpoint();
      if (!screen || signal.aborted) return from;
      await this.options.screens.save(run, screen);
      this.options.send({ type: 'saved', job, offset: screen.offset });
      saved = fold.offset;
      return screen.offset;
    };
    while (await fold.advance({ max: stepBytes, signal, enough })) {
      if (enough()) {
        // Whoever starts again where it started this time would never come to an end.
        if ((await save()) > from) return undefined;
      } else if (fold.offset - saved >= stepBytes) await save();
    }
    if (fold.offset > saved) await save();
    return { type: 'folded', job };
  }

  #open(session: SessionToFold, { job, member }: { job: number; member: Member }): Promise<LogFold> {
    const { reader, screens, cpuMs } = this.options;
    const takeTurn = async <T>(work: () => T): Promise<T> => {
      const result = await this.#turns.run(member, work);
      this.#progress.add(job);
      return result;
    };
    return LogFold.open({ reader, screens, takeTurn, cpuMs }, session);
  }
}
