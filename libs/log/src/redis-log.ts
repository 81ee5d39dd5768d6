import { AppError } from '@berth/protocol';
import { Redis } from 'ioredis';

/** Longest that a log command may take before the log counts as away, and the connection as dead: what is on it must not pile up. */
const COMMAND_TIMEOUT_MS = 2_000;
const RECONNECT_MIN_MS = 50;
/** A Redis that is back is noticed within it. */
const RECONNECT_MAX_MS = 1_000;

/** Answers that mean: not now, or not here. Others are mistakes of ours. */
const AWAY = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|OOM|BUSY) /;

/**
 * Connection for the output log: its own, because entries are large (pipelining them automatically halves the throughput), and failing
 * fast, because the ring of the session is the buffer while Redis is away.
 */
export function connectLog(url: string): Redis {
  const redis = new Redis(url, {
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // What was not answered is not sent again behind our back: the caller repeats it, and the memory of what was answered is used again.
    autoResendUnfulfilledCommands: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    // Half of it at random, so that a fleet does not come back in step.
    retryStrategy: (attempt) => Math.min(RECONNECT_MIN_MS * 2 ** Math.min(attempt, 10), RECONNECT_MAX_MS) * (0.5 + Math.random() / 2),
  });
  // Every command reports the outage to its caller; without a listener the connection's own error would end the process.
  redis.on('error', () => undefined);
  return redis;
}

/** Runs a command of the log; an outage becomes `unavailable`, Redis' own answers (`ReplyError`) pass through. */
export async function whileAvailable<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError' && !AWAY.test(error.message)) throw error;
    throw new AppError('unavailable', { detail: 'The output log cannot be reached.' }, { cause: error });
  }
}
