/** Close codes after which the same connection may succeed: going away, cut off, draining, too slow, too many, unreachable. */
const RETRIED_CODES: ReadonlySet<number> = new Set([1001, 1006, 1012, 4408, 4429, 4503]);
/** Close code of a credential that is no longer good. */
export const UNAUTHENTICATED_CODE = 4401;

/** Ceiling of the first wait: a gateway that restarts spreads its viewers over this long. */
const FIRST_MS = 500;
/** Ceiling of the longest wait: below what a person waits before reloading. */
const LAST_MS = 5_000;

/** Whether a connection that ended with this code is to be tried again. `freshCredential`: the one in use was made for this very connection. */
export const isRetried = (code: number, freshCredential: boolean): boolean =>
  RETRIED_CODES.has(code) || (code === UNAUTHENTICATED_CODE && !freshCredential);

/** Milliseconds before try number `failures` (from 1): anywhere below a doubling ceiling, so that clients cut off together come back apart. */
export function retryDelay(failures: number, random: () => number): number {
  return random() * Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
}
