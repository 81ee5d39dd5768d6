import { redisKeys } from '@berth/protocol';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Gateways that an installation is assumed to have while Redis cannot add their counts up: each allows its share. */
const ASSUMED_GATEWAYS = 2;

export interface RateLimit {
  /** Part of the keys in Redis. */
  name: string;
  /** Uses within one window. */
  points: number;
  /** Length of the window, from the first use. */
  seconds: number;
}

/** `retryAfter` in whole seconds. */
export type RateVerdict = { allowed: true } | { allowed: false; retryAfter: number };

/** Counts uses by subject over all gateways; in this process alone, and more strictly, while Redis is away. */
export class RateLimiter {
  private readonly limiter: RateLimiterRedis;

  constructor(redis: Redis, { name, points, seconds }: RateLimit) {
    const keyPrefix = redisKeys.rateLimitPrefix(name);
    this.limiter = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix,
      points,
      duration: seconds,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix, points: Math.ceil(points / ASSUMED_GATEWAYS), duration: seconds }),
    });
  }

  /** Spends uses of a subject: an address, an account. */
  async take(subject: string, uses = 1): Promise<RateVerdict> {
    try {
      await this.limiter.consume(subject, uses);
      return { allowed: true };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return { allowed: false, retryAfter: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) };
    }
  }

  /** Forgets what a subject has used, as after a successful sign-in. */
  async forget(subject: string): Promise<void> {
    await this.limiter.delete(subject);
  }
}
