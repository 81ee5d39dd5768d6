import { AppError } from '@berth/protocol';
import { Redis, type RedisOptions } from 'ioredis';

type Settings = Pick<RedisOptions, 'autoResubscribe' | 'enableOfflineQueue' | 'maxRetriesPerRequest' | 'commandTimeout' | 'socketTimeout'>;

/** Longest pause between two attempts to connect: a Redis that is back is noticed within it. */
const MAX_RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A command that is not answered by then fails: a ring or a limit is worth no longer wait. */
const COMMAND_TIMEOUT_MS = 2_000;

/** Connects now and again for ever; commands fail at once while there is no connection, nothing is kept for later (unless `options` say so). */
export function connectRedis(url: string, onError: (error: Error) => void, options: Settings = {}): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Half of it at random, so that a fleet does not come back in step.
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), MAX_RECONNECT_MS) * (0.5 + Math.random() / 2),
    ...options,
  });
  redis.on('error', onError);
  return redis;
}

/** Resolves when the connection is ready; rejects after `ms` without one. */
export async function untilReady(redis: Redis, ms: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const ready = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      redis.off('ready', ready);
      reject(new AppError('unavailable', { detail: `Redis did not answer within ${String(ms / 1000)} s: check REDIS_URL` }));
    }, ms);
    redis.once('ready', ready);
  });
}
