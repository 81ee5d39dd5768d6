import type { Clock } from '@berth/session';
import type { Leases } from '@berth/store/leases';
import type { Logger } from 'pino';
import { settleLostRuns } from './lost-runs.js';
import type { LostRunTools } from './lost-runs.js';
import { PacedLoop } from './paced-loop.js';

/** With every gateway and worker sweeping, an ended lease is found within about this time. */
const PERIOD_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** Whoever closed a run seals it as well; only after this long others take over. */
const UNSEALED_AFTER_S = 3;

export interface SweeperOptions extends LostRunTools {
  clock: Clock;
  leases: Pick<Leases, 'sweepExpired' | 'unsealedRuns' | 'setRunEnd'>;
  logger: Logger;
}

/** Closes runs whose lease has ended, whoever's they were, and seals what others could not. */
export function sweeper(options: SweeperOptions): PacedLoop {
  const { clock, leases, logger } = options;
  let unsealedBefore = 0;
  return new PacedLoop({
    clock,
    periodMs: PERIOD_MS,
    longestPauseMs: LONGEST_PAUSE_MS,
    job: async () => {
      const lost = await leases.sweepExpired();
      if (lost.length > 0)
        logger.warn({ runs: lost.map(({ sessionId, epoch }) => ({ sessionId, epoch })) }, 'leases ended: closed as host_lost');
      const unsealed = await leases.unsealedRuns(UNSEALED_AFTER_S);
      const failed = await settleLostRuns([...lost, ...unsealed], options);
      if (failed > 0 && unsealedBefore === 0) logger.warn({ failed }, 'logs of lost runs cannot be sealed; trying on');
      unsealedBefore = failed;
    },
    outage: (error) => logger.warn({ err: error }, 'sweeping fails; trying on'),
    recovered: () => logger.info('sweeping works again'),
  });
}
