import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Milliseconds until it counts as failed. */
  within?: number;
  /** Milliseconds between two looks. */
  every?: number;
  /** What was expected, for the message. */
  what: string;
}

/** Looks until the answer is something other than undefined or false, and returns it. */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { within = 10_000, every = 25, what }: EventuallyOptions,
): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await sleep(every);
  }
}

/** The promise's value, or an error that says what did not come. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not within ${ms} ms: ${what}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
