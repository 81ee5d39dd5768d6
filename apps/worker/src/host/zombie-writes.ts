import type { Leases } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { LiveRun } from './live-run.js';

/** Time for a byte that should not have gone out to arrive where it would be seen. */
const SETTLE_MS = 500;
const ZOMBIE_BYTE = 0x5a;

export interface ZombieTargets {
  leases: Pick<Leases, 'resizeRun'>;
  logger: Logger;
}

/**
 * Under the test flag `zombie-writes`: a host that woke up past its lease tries everything that it must not do, and logs what came of it. Row and log
 * are written past this host's own check, so that the stores have to refuse; output has no other check than ours.
 */
export async function attemptZombieWrites(run: LiveRun, { leases, logger }: ZombieTargets): Promise<void> {
  const { sessionId, epoch } = run.claim;
  const note = (attempt: string, outcome: string): void => logger.warn({ sessionId, epoch, attempt, outcome }, 'zombie write');
  const outcomeOf = (attempt: Promise<string>): Promise<string> => attempt.catch((error: unknown) => `failed: ${String(error)}`);

  note('output', run.utter(ZOMBIE_BYTE) ? 'emitted' : 'refused');
  note('row', await outcomeOf(leases.resizeRun(run.claim, run.session.cols, run.session.rows)));
  note('log', await outcomeOf(run.log.append(run.session.head + 1, Uint8Array.of(ZOMBIE_BYTE), run.session)));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
