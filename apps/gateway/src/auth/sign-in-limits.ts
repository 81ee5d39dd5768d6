import { createHash } from 'node:crypto';
import type { RateLimiter } from '@berth/bus';
import { Bus } from '@berth/bus';
import type { UserId } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import { Injectable } from '@nestjs/common';

/** Tries of one address in ten minutes: enough for a forgetful office, too few to guess by. */
const ADDRESS_TRIES = 100;
/** Tries on one account in ten minutes, wherever they come from. */
const ACCOUNT_TRIES = 10;
/** Renewals of one address in ten minutes: many tabs of a whole office behind one address. */
const RENEWALS = 3_000;
/** Links that one person makes in ten minutes: a whole team is added at once, a guest list is not. */
const LINKS = 100;
const WINDOW_S = 600;

/** Slows down those who guess passwords and links, or make too many. */
@Injectable()
export class SignInLimits {
  private readonly byAddress: RateLimiter;
  private readonly byAccount: RateLimiter;
  private readonly renewals: RateLimiter;
  private readonly byMaker: RateLimiter;

  constructor(bus: Bus) {
    this.byAddress = bus.rateLimiter({ name: 'sign-in-address', points: ADDRESS_TRIES, seconds: WINDOW_S });
    this.byAccount = bus.rateLimiter({ name: 'sign-in-account', points: ACCOUNT_TRIES, seconds: WINDOW_S });
    this.renewals = bus.rateLimiter({ name: 'sign-in-renewal', points: RENEWALS, seconds: WINDOW_S });
    this.byMaker = bus.rateLimiter({ name: 'sign-in-links', points: LINKS, seconds: WINDOW_S });
  }

  /** Counts one try of this network address. Rejects with `rate_limited`. */
  async address(address: string): Promise<void> {
    await this.take(this.byAddress, address);
  }

  /** Counts one renewal of a signed-in state. Rejects with `rate_limited`. */
  async refresh(address: string): Promise<void> {
    await this.take(this.renewals, address);
  }

  /** Counts one try on this account. Rejects with `rate_limited`. */
  async account(email: string): Promise<void> {
    await this.take(this.byAccount, subjectOf(email));
  }

  /** Counts one sign-in link that this person makes, for whomever. Rejects with `rate_limited`. */
  async links(userId: UserId): Promise<void> {
    await this.take(this.byMaker, userId);
  }

  /** A successful sign-in clears the account's count. */
  async succeeded(email: string): Promise<void> {
    await this.byAccount.forget(subjectOf(email));
  }

  private async take(limiter: RateLimiter, subject: string): Promise<void> {
    const verdict = await limiter.take(subject);
    if (!verdict.allowed) {
      throw new AppError('rate_limited', {
        detail: 'Too many attempts. Wait, then try again.',
        limit: 'sign_in',
        retryAfter: verdict.retryAfter,
      });
    }
  }
}

/** Addresses of people do not stand in Redis keys. */
const subjectOf = (email: string): string => createHash('sha256').update(email.toLowerCase()).digest('hex');
