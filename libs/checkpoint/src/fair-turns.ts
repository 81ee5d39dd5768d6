/** One who takes turns; what it has used decides when it is next. */
export interface Member {
  usedMs: number;
}

interface Waiting {
  member: Member;
  work: () => void;
  reject: (error: unknown) => void;
}

/**
 * Shares one thread among members by the CPU time that they use, not by their bytes: hostile output costs ten thousand times as much as ordinary
 * output and must slow its own session alone. Whoever has used least is next; what is waiting elsewhere, like messages, comes between two turns.
 */
export class FairTurns {
  readonly #members = new Set<Member>();
  #waiting: Waiting[] = [];
  #running = false;

  /** `cpuMs`: CPU time of this thread so far, in milliseconds. */
  constructor(private readonly cpuMs: () => number) {}

  /** A newcomer has no claim on time that passed before it came. */
  join(): Member {
    const member = { usedMs: this.#members.size === 0 ? 0 : Math.min(...[...this.#members].map(({ usedMs }) => usedMs)) };
    this.#members.add(member);
    return member;
  }

  leave(member: Member): void {
    this.#members.delete(member);
  }

  /** Runs `work`, which should be short, when it is the member's turn; rejects with what it throws. */
  async run<T>(member: Member, work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ member, work: () => resolve(work()), reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#running || this.#waiting.length === 0) return;
    this.#running = true;
    setImmediate(() => {
      this.#turn();
      this.#running = false;
      this.#schedule();
    });
  }

  #turn(): void {
    const next = this.#waiting.reduce((least, each) => (each.member.usedMs < least.member.usedMs ? each : least));
    this.#waiting = this.#waiting.filter((each) => each !== next);
    const before = this.cpuMs();
    try {
      next.work();
    } catch (error) {
      next.reject(error);
    } finally {
      next.member.usedMs += this.cpuMs() - before;
    }
  }
}
