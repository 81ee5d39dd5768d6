import type { Redis } from 'ioredis';

const WANTED = 'noeviction';

/** Throws, with what to do, unless the answer to INFO says that nothing is dropped. */
export function refuseEviction(info: string): void {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === WANTED) return;
  throw new Error(
    `Redis drops data when it is full (maxmemory-policy is ${policy ?? 'unknown'}): set "maxmemory-policy ${WANTED}" in redis.conf or your provider's console, or run: redis-cli CONFIG SET maxmemory-policy ${WANTED}`,
  );
}

/**
 * Throws unless Redis keeps what it is given. Under any other policy it drops session output silently once it is full; under this one it says
 * so, and output goes on with a marked gap. Read from INFO, which managed services offer where they refuse CONFIG.
 */
export async function assertNoEviction(redis: Redis): Promise<void> {
  refuseEviction(await redis.info('memory'));
}
