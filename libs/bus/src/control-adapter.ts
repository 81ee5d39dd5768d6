import { setTimeout as sleep } from 'node:timers/promises';
import { redisKeys } from '@berth/protocol';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Redis } from 'ioredis';
import { connectRedis } from './connection.js';

/** How long one read of the stream waits for something new. */
const BLOCK_MS = 5_000;
/** A connection on which a read is not answered by then is dead. `> BLOCK_MS`. */
const SILENCE_MS = 10_000;
/** Pause after a read that failed: the adapter itself would try again in the same turn, for ever. */
const READ_AGAIN_MS = 1_000;
/** Notices that are kept for gateways that are behind; each is read within milliseconds. */
const MAX_NOTICES = 1_000;

/** Carries what one gateway says on its control sockets to the others', over a Redis stream. */
export interface ControlAdapter {
  /** Goes into socket.io's `adapter` option. */
  create: ReturnType<typeof createAdapter>;
  /** Call it after socket.io has closed. */
  close(): void;
}

/** While Redis is away nothing is carried, nothing is kept for later, and nothing fails. */
export function openControlAdapter(redisUrl: string, onError: (error: Error) => void): ControlAdapter {
  const publisher = connectRedis(redisUrl, onError);
  const readers: Redis[] = [];
  const close = (): void => {
    for (const redis of [publisher, ...readers]) redis.disconnect();
  };
  // The adapter asks for two more connections, one to read the stream and one to subscribe.
  Object.assign(publisher, {
    duplicate: () => {
      const reader = readerOf(redisUrl, onError);
      readers.push(reader);
      return reader;
    },
  });
  const create = createAdapter(publisher, {
    streamName: redisKeys.notices(),
    channelPrefix: redisKeys.notices(),
    maxLen: MAX_NOTICES,
    blockTimeInMs: BLOCK_MS,
  });
  return { create, close };
}

function readerOf(redisUrl: string, onError: (error: Error) => void): Redis {
  const reader = connectRedis(redisUrl, onError, {
    // Its subscription has to wait for the connection, and is neither awaited nor caught.
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    commandTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
  });
  const read = reader.xread.bind(reader) as (...args: unknown[]) => Promise<unknown>;
  const subscribe = reader.subscribe.bind(reader) as (...args: unknown[]) => Promise<unknown>;
  return Object.assign(reader, {
    xread: async (...args: unknown[]) => {
      try {
        if (reader.status !== 'ready') throw new Error('Redis is away');
        return await read(...args);
      } catch (error) {
        await sleep(READ_AGAIN_MS, undefined, { ref: false });
        throw error;
      }
    },
    subscribe: (...args: unknown[]) => subscribe(...args).catch(onError),
  });
}
