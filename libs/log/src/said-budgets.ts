import type { Redis } from 'ioredis';
import { answersOf } from './log-usage.js';

/** What was said holds for so long: twice the longest time from one word to the next, which is that of saying it again and the pause between rounds. */
const HOLDS_SECONDS = 60;
/** A budget that has not changed is said again after this time. */
const SAY_AGAIN_MS = 20_000;
/** Commands of one pipeline: thousands that are under way at once make every collection of garbage dear. */
const AT_ONCE = 100;

/** What the log of a run may take. */
export interface RunBudget {
  /** Where Redis has it. */
  key: string;
  bytes: number;
}

interface Word {
  bytes: number;
  at: number;
}

/** What this host has said in Redis about the budgets of its runs, for the other hosts to read: what is new at once, what stays the same now and then. */
export class SaidBudgets {
  #said: ReadonlyMap<string, Word> = new Map();

  /** `now`: monotonic milliseconds. */
  constructor(
    private readonly redis: Redis,
    private readonly now: () => number = () => performance.now(),
  ) {
    // One that has been started again may have lost it.
    redis.on('ready', () => (this.#said = new Map()));
  }

  /** Says the budgets of all live runs; of others what was said runs out. Rejects with an error of Redis. */
  async say(budgets: readonly RunBudget[]): Promise<void> {
    const at = this.now();
    const said = new Map<string, Word>();
    const news: RunBudget[] = [];
    for (const budget of budgets) {
      const before = this.#said.get(budget.key);
      const holds = before?.bytes === budget.bytes && at - before.at < SAY_AGAIN_MS;
      said.set(budget.key, holds ? before : { bytes: budget.bytes, at });
      if (!holds) news.push(budget);
    }
    // Of what fails half-way nobody knows how much was heard: then all of it is said again.
    this.#said = new Map();
    for (let from = 0; from < news.length; from += AT_ONCE) {
      const commands = this.redis.pipeline();
      for (const { key, bytes } of news.slice(from, from + AT_ONCE)) commands.set(key, bytes, 'EX', HOLDS_SECONDS);
      await answersOf(commands.exec());
    }
    this.#said = said;
  }
}
