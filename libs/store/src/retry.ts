import { setTimeout as sleep } from 'node:timers/promises';
import { failureKind, toAppError } from './failure.js';

/** Long enough for a pool to notice that its connections are dead and for a quick restart; short enough for a waiting request. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;

/** Whether a failure may be answered by doing the same again. */
export type RetryRule = (error: unknown) => boolean;

/** The statement changes nothing when it is executed twice. */
export const whenIdempotent: RetryRule = (error) => ['dropped', 'conflict'].includes(failureKind(error));

/** The server rolled back and said so. */
export const whenConflict: RetryRule = (error) => failureKind(error) === 'conflict';

/** Runs `attempt` again with full jitter while the rule allows it, a bounded number of times; rejects with what callers should see. */
export async function withRetry<T>(rule: RetryRule, attempt: () => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (failed >= ATTEMPTS || !rule(error)) throw toAppError(error);
      await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** failed);
    }
  }
}
