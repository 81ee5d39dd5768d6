import type { Clock } from '@berth/session';
import type { ClaimedRun, HostIdentity, Leases, LeaseTtl } from '@berth/store/leases';
import type { Logger } from 'pino';
import { PacedLoop } from './paced-loop.js';

/** A lost bell costs at most this long. */
const PERIOD_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

export interface ClaimLoopOptions {
  clock: Clock;
  leases: Pick<Leases, 'claimNext' | 'claims'>;
  host: HostIdentity;
  ttl: LeaseTtl;
  logger: Logger;
  freeSlots(): number;
  /** Takes a claimed run; `sentAt` = monotonic milliseconds before the store was asked. Runs that are known already may come again. */
  accept(claim: ClaimedRun, sentAt: number): void;
}

/** Takes queued sessions for as long as there are slots. After a claim that got no answer the store is asked what it gave. */
export function claimLoop({ clock, leases, host, ttl, logger, freeSlots, accept }: ClaimLoopOptions): PacedLoop {
  let unanswered = false;
  const take = async (ask: () => Promise<ClaimedRun[]>): Promise<void> => {
    const sentAt = clock.now();
    const claims = await ask();
    for (const claim of claims) accept(claim, sentAt);
  };
  return new PacedLoop({
    clock,
    periodMs: PERIOD_MS,
    longestPauseMs: LONGEST_PAUSE_MS,
    job: async () => {
      if (unanswered) await take(() => leases.claims(host));
      unanswered = false;
      const limit = freeSlots();
      if (limit === 0) return;
      unanswered = true;
      await take(() => leases.claimNext(host, { ttl, limit }));
      unanswered = false;
    },
    outage: (error) => logger.warn({ err: error }, 'no sessions can be claimed; trying on'),
    recovered: () => logger.info('sessions can be claimed again'),
  });
}
