import type { Member } from './fair-turns.js';

interface Waiting {
  member: Member;
  enter: () => void;
}

/** Lets so many members hold something at once that takes memory. Of those who wait, the one who has used least time is next. */
export class Places {
  #free: number;
  #waiting: Waiting[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Whether somebody waits for a place. */
  get wanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes a place as soon as there is one; rejects with the signal's reason when that aborts before. */
  async take(member: Member, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(signal.reason as Error);
      };
      const waiting = {
        member,
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Gives a place back, which goes to the next one at once. */
  leave(): void {
    if (this.#waiting.length === 0) {
      this.#free += 1;
      return;
    }
    const next = this.#waiting.reduce((least, each) => (each.member.usedMs < least.member.usedMs ? each : least));
    this.#waiting = this.#waiting.filter((each) => each !== next);
    next.enter();
  }
}
