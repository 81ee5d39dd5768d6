import type { Bell } from '@berth/protocol';
import type { Redis } from 'ioredis';
import { connectRedis, untilReady } from './connection.js';
import { type ControlAdapter, openControlAdapter } from './control-adapter.js';
import { assertNoEviction } from './eviction.js';
import { Presence } from './presence.js';
import { type RateLimit, RateLimiter } from './rate-limit.js';
import { type BellListener, Subscriptions } from './subscriptions.js';

export interface BusOptions {
  redisUrl: string;
  /** Told about broken connections and rings that nobody heard. */
  onError?: (error: Error) => void;
  /** Test flags: under `no-bell` every ring is lost. */
  flags?: ReadonlySet<string>;
}

/** How long a process that starts waits for its Redis. */
const START_WAIT_MS = 10_000;

/** Rings bells between processes, and counts uses. Nothing here is true or lasting: a lost ring costs a late read, never data. */
export class Bus {
  /** Who is attached to sessions. */
  readonly presence: Presence;
  private readonly subscriptions: Subscriptions;

  constructor(
    private readonly redis: Redis,
    subscriber: Redis,
    private readonly options: Required<BusOptions>,
  ) {
    this.subscriptions = new Subscriptions(subscriber, options.onError);
    this.presence = new Presence(redis);
  }

  /**
   * Rings on a channel (one of `redisChannels`). False when Redis is away: then only this process' own listeners hear it. Never rejects, and callers
   * need not wait.
   */
  async ring(channel: string, bell: Bell = {}): Promise<boolean> {
    if (this.options.flags.has('no-bell')) return false;
    try {
      await this.redis.publish(channel, JSON.stringify(bell));
      return true;
    } catch (error) {
      this.options.onError(new Error(`a bell on ${channel} was lost`, { cause: error }));
      this.subscriptions.deliver(channel, bell);
      return false;
    }
  }

  /**
   * Calls the listener for every ring, once when the subscription stands, and once after each time it may have missed some. So read when it is called
   * and nothing is missed: what happened before the subscription is read by its first call. The returned function ends it.
   */
  listen(channel: string, listener: BellListener): () => void {
    return this.subscriptions.add(channel, listener);
  }

  /** What carries notices between gateways, over connections of its own; the caller closes it. */
  controlAdapter(): ControlAdapter {
    return openControlAdapter(this.options.redisUrl, this.options.onError);
  }

  /** A limit whose count all gateways share. */
  rateLimiter(limit: RateLimit): RateLimiter {
    return new RateLimiter(this.redis, limit);
  }

  /** Throws with what to do unless Redis answers and is set up to keep what it is given. */
  async assertNoEviction(): Promise<void> {
    await untilReady(this.redis, START_WAIT_MS);
    await assertNoEviction(this.redis);
  }

  /** Rejects when Redis does not answer. */
  async ping(): Promise<void> {
    await this.redis.ping();
  }

  close(): void {
    this.subscriptions.close();
    this.redis.disconnect();
  }
}

/** Opens the bus of one process: it connects by itself, and again whenever the connection is lost. */
export function openBus({ redisUrl, onError = () => {}, flags = new Set() }: BusOptions): Bus {
  // We subscribe again by ourselves, so that a ring can follow.
  const subscriber = connectRedis(redisUrl, onError, { autoResubscribe: false });
  return new Bus(connectRedis(redisUrl, onError), subscriber, { redisUrl, onError, flags });
}
