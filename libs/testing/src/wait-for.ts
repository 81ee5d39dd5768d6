import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The first truthy value of `predicate`, asked every 10 ms; throws after `timeoutMs`, naming `what` was awaited. A predicate that
 * throws counts as not yet; its last error becomes the cause.
 */
export async function waitFor<T>(predicate: () => T | Promise<T>, timeoutMs = 5_000, what = 'a condition'): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await predicate();
      if (value) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause });
    await sleep(10);
  }
}
