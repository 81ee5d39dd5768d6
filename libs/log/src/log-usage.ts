import { EVERY_LOG, redisKeys, runOfLogKey } from '@berth/protocol';
import type { Redis } from 'ioredis';
import type { RunUsage } from './log-shares.js';
import { CLOSED_LOG_SECONDS } from './redis-output-log.js';

/** Keys of one step of the search: half a millisecond of Redis, three of the worker, which has sessions to serve. */
const KEYS_AT_ONCE = 100;
/** Questions about each run. */
const ASKED = 4;

/** A run as Redis has it; `bytes` is its log and its checkpoint together. */
export interface LogUsage extends RunUsage {
  /** Of its checkpoint. */
  screenKey: string;
  screenBytes: number;
  /** Where its host says what its log may take. */
  budgetKey: string;
  /** What its host has said lately, bytes; 0 without a word. */
  budget: number;
  /** Seconds until the log expires; undefined when nobody has said. */
  expires: number | undefined;
}

/** Counts every log, by MEMORY USAGE. A run lives when it is one of `own`, or its log expires later than that of a closed one can. */
export async function readUsage(redis: Redis, own: ReadonlySet<string>): Promise<LogUsage[]> {
  const found = new Map<string, LogUsage>();
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', EVERY_LOG, 'COUNT', KEYS_AT_ONCE);
    for (const run of await measure(redis, keys, own)) found.set(run.key, run);
    cursor = next;
  } while (cursor !== '0');
  return [...found.values()];
}

async function measure(redis: Redis, keys: readonly string[], own: ReadonlySet<string>): Promise<LogUsage[]> {
  const questions = redis.pipeline();
  const runs = keys.flatMap((key) => {
    const run = runOfLogKey(key);
    if (!run) return [];
    const { tenantId, sessionId, epoch } = run;
    const keysOf = { screenKey: redisKeys.screen(tenantId, sessionId, epoch), budgetKey: redisKeys.logBudget(tenantId, sessionId, epoch) };
    return [{ key, tenantId, ...keysOf }];
  });
  for (const { key, screenKey, budgetKey } of runs)
    questions.ttl(key).memory('USAGE', key, 'SAMPLES', 0).memory('USAGE', screenKey).get(budgetKey);
  const answers = (await answersOf(questions.exec())).map(Number);
  return runs.flatMap((run, index) => {
    const [ttl = 0, logBytes = 0, screenBytes = 0, budget = 0] = answers.slice(ASKED * index, ASKED * (index + 1));
    // Gone since it was found.
    if (ttl < -1) return [];
    const expires = ttl < 0 ? undefined : ttl;
    const lives = expires === undefined || expires > CLOSED_LOG_SECONDS || own.has(run.key);
    const closedMs = lives ? undefined : (CLOSED_LOG_SECONDS - expires) * 1_000;
    return [{ ...run, bytes: logBytes + screenBytes, screenBytes, budget, expires, closedMs }];
  });
}

/** What a pipeline answered; throws the first error among it. */
export async function answersOf(results: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  return ((await results) ?? []).map(([error, answer]) => {
    if (error) throw error;
    return answer;
  });
}
