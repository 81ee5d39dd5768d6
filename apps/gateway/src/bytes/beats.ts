import type { Clock } from '@berth/session';

/** Who is looked at from time to time. */
export interface Beating {
  beat(): void;
}

/** Parts of the interval: a thousand members are fifty at a time, which holds nobody's keys up and stays in the processor's caches. */
export const BEAT_ROUNDS = 20;

/**
 * Calls each member once every `intervalMs`, at a moment of its own. The rounds follow one another by the time that this process has run: after a
 * stall nobody is asked twice before his answer could be read. No timer runs while there is nobody.
 */
export class Beats<T extends Beating> {
  private readonly rounds = Array.from({ length: BEAT_ROUNDS }, () => new Set<T>());
  private readonly roundOf = new Map<T, Set<T>>();
  private joined = 0;
  private turn = 0;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
  ) {}

  /** Members. */
  get size(): number {
    return this.roundOf.size;
  }

  /** All members, in the order in which they came. */
  [Symbol.iterator](): Iterator<T> {
    return this.roundOf.keys();
  }

  add(member: T): void {
    const round = this.at(this.joined++);
    round.add(member);
    this.roundOf.set(member, round);
    if (!this.cancel) this.schedule();
  }

  delete(member: T): void {
    this.roundOf.get(member)?.delete(member);
    this.roundOf.delete(member);
    if (this.size === 0) this.stop();
  }

  /** Calls nobody any more, until somebody is added. */
  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private at(index: number): Set<T> {
    return this.rounds[index % BEAT_ROUNDS] as Set<T>;
  }

  private schedule(): void {
    this.cancel = this.clock.after(this.intervalMs / BEAT_ROUNDS, () => {
      this.schedule();
      for (const member of [...this.at(this.turn++)]) member.beat();
    });
  }
}
