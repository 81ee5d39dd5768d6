import { redisKeys } from '@berth/protocol';
import type { RunIdentity } from '@berth/session';
import type { Redis } from 'ioredis';
import { MIN_RUN_BYTES, maxMinShares, shareLog, usableOf } from './log-shares.js';
import type { RunUsage } from './log-shares.js';
import { answersOf, readUsage } from './log-usage.js';
import type { LogUsage } from './log-usage.js';
import { whileAvailable } from './redis-log.js';
import { CLOSED_LOG_SECONDS } from './redis-output-log.js';
import { SaidBudgets } from './said-budgets.js';

/** The log of a live run and its checkpoint expire later than those of a closed one can: that tells them apart. A host that is gone leaves closed ones. */
const LIVE_LOG_SECONDS = CLOSED_LOG_SECONDS + 300;
/** The hosts of live runs put their logs' end off again when this much of it has passed. */
const RENEW_AFTER_SECONDS = 60;

export interface LogKeeperOptions {
  /** Memory that all logs of the installation may take together, bytes. */
  totalBytes: number;
  /** Memory that the log of one run may take, bytes. */
  runBytes: number;
}

/** What a round has found and done. */
export interface LogRound {
  /** Memory of all logs before the round. */
  bytes: number;
  /** Logs of closed runs that it dropped. */
  dropped: number;
  /** Of the given live runs, those that have less than the budget of a run. */
  squeezed: number;
}

/** What is not there for the runs of this host: the other logs, and what its own have above their budgets. */
interface Taken {
  others: readonly LogUsage[];
  excess: number;
}

/**
 * Keeps the logs of the whole installation, each with its checkpoint, within their total, from what Redis says alone: every worker may do it, at
 * the same time, and one that stops in the middle leaves nothing that the next would not do. Hosts keep their live runs to {@link budgetOf}.
 */
export class LogKeeper {
  #budgets: ReadonlyMap<string, number> = new Map();
  #newRun: number;
  readonly #said: SaidBudgets;
  readonly #least: number;

  constructor(
    private readonly redis: Redis,
    private readonly options: LogKeeperOptions,
  ) {
    this.#said = new SaidBudgets(redis);
    this.#least = Math.min(MIN_RUN_BYTES, options.runBytes);
    this.#newRun = this.#least;
  }

  /** Memory that the log of a live run may take now, as of the last round; bytes. */
  budgetOf(run: RunIdentity): number {
    return this.#budgets.get(keyOf(run)) ?? this.#newRun;
  }

  /** Counts all logs, drops those that have to go, and sets the budgets of `live`, the runs of this host. Rejects with `unavailable`. */
  async round(live: readonly RunIdentity[]): Promise<LogRound> {
    const own = new Map(live.map((run) => [keyOf(run), run]));
    const found = await whileAvailable(() => readUsage(this.redis, new Set(own.keys())));
    const counted = new Set(found.map(({ key }) => key));
    // They have said nothing yet.
    const silent = [...own]
      .filter(([key]) => !counted.has(key))
      .map(([key, { tenantId }]) => ({ key, tenantId, bytes: 0, closedMs: undefined }));
    const { drop, budgets, newRun } = shareLog([...found, ...silent], this.options);
    const dropped = new Set(drop);
    await whileAvailable(() => this.#carryOut(found, dropped, own));
    const wanted = new Map([...own.keys()].map((key) => [key, budgets.get(key) ?? newRun]));
    const others = found.filter((run) => !own.has(run.key) && !dropped.has(run));
    // What a run has too much is not there for others until its host has trimmed it, which waits for its checkpoint.
    const excess = found.reduce((sum, { key, bytes }) => sum + Math.max(0, bytes - (wanted.get(key) ?? Infinity)), 0);
    const granted = await whileAvailable(() => this.#claim(live, wanted, { others, excess }));
    const screens = new Map(found.map(({ key, screenBytes }) => [key, screenBytes]));
    this.#newRun = newRun;
    this.#budgets = new Map([...granted].map(([key, budget]) => [key, Math.max(this.#least, budget - (screens.get(key) ?? 0))]));
    const squeezed = [...granted.values()].filter((budget) => budget < this.options.runBytes).length;
    return { bytes: found.reduce((total, { bytes }) => total + bytes, 0), dropped: drop.length, squeezed };
  }

  /** The empty stream of a dropped log stays until it expires: it still refuses what an old host writes. */
  async #carryOut(found: readonly LogUsage[], drop: ReadonlySet<RunUsage>, own: ReadonlyMap<string, RunIdentity>): Promise<void> {
    const commands = this.redis.pipeline();
    for (const run of found) {
      const { key, screenKey, expires } = run;
      if (drop.has(run)) commands.xtrim(key, 'MAXLEN', 0).unlink(screenKey);
      // One whose close Redis never heard of becomes a closed one in this way, too.
      if (expires === undefined || (own.has(key) && expires < LIVE_LOG_SECONDS - RENEW_AFTER_SECONDS))
        commands.expire(key, LIVE_LOG_SECONDS).expire(screenKey, LIVE_LOG_SECONDS);
    }
    await answersOf(commands.exec());
  }

  /**
   * What the runs of this host may take beside what other hosts have said that theirs may. It is said first and looked at once more after that: of two
   * hosts that raise budgets at the same time at least one sees the other.
   */
  async #claim(live: readonly RunIdentity[], wanted: ReadonlyMap<string, number>, { others, excess }: Taken): Promise<Map<string, number>> {
    const claimed = this.#within(wanted, { others, excess });
    await this.#say(live, claimed);
    const alive = others.filter(({ closedMs }) => closedMs === undefined);
    if (alive.length === 0) return claimed;
    const said = await this.redis.mget(alive.map(({ budgetKey }) => budgetKey));
    const budgets = new Map(alive.map(({ key }, index) => [key, Number(said[index] ?? 0)]));
    const now = others.map((run) => ({ ...run, budget: budgets.get(run.key) ?? 0 }));
    const granted = this.#within(wanted, { others: now, excess });
    await this.#say(live, granted);
    return granted;
  }

  #within(wanted: ReadonlyMap<string, number>, { others, excess }: Taken): Map<string, number> {
    const taken = others.reduce(
      (sum, { bytes, budget, closedMs }) => sum + (closedMs === undefined ? Math.max(bytes, budget) : bytes),
      excess,
    );
    const parts = maxMinShares(Math.max(0, usableOf(this.options.totalBytes) - taken), [...wanted.values()]);
    return new Map([...wanted.keys()].map((key, index) => [key, Math.max(this.#least, Math.floor(parts[index] ?? 0))]));
  }

  #say(live: readonly RunIdentity[], budgets: ReadonlyMap<string, number>): Promise<void> {
    return this.#said.say(
      live.map((run) => ({
        key: redisKeys.logBudget(run.tenantId, run.sessionId, run.epoch),
        bytes: budgets.get(keyOf(run)) ?? this.#least,
      })),
    );
  }
}

const keyOf = (run: RunIdentity): string => redisKeys.log(run.tenantId, run.sessionId, run.epoch);
