import type { LogKeeper, RunAppender } from '@berth/log';
import type { Clock } from '@berth/session';
import type { RunIdentity } from '@berth/store/leases';
import { counter, gauge } from '@berth/telemetry';
import type { Logger } from 'pino';
import { PacedLoop } from './paced-loop.js';

/** A live run's budget follows what it and the others write within about this time. */
const PERIOD_MS = 1_000;
/** The same while the runs of this host are silent, and others' alone can have changed: far below the time for which a budget holds. */
const QUIET_MS = 10_000;
const LONGEST_PAUSE_MS = 10_000;
/** Rounds take at most this part of the time: with very many logs they come less often. */
const BUSY_PART = 1 / 20;

interface KeptRun {
  claim: RunIdentity;
  log: Pick<RunAppender, 'trim'>;
}

export interface LogKeepingOptions {
  clock: Clock;
  keeper: Pick<LogKeeper, 'round'>;
  /** The runs of this host. */
  runs(): readonly KeptRun[];
  /** Grows with everything that this host writes into its logs. */
  appended(): number;
  totalBytes: number;
  logger: Logger;
}

/** What the last round began with. */
interface Seen {
  at: number;
  here: readonly KeptRun[];
  appended: number;
}

const isSame = (before: Seen, now: Seen): boolean =>
  before.appended === now.appended && before.here.length === now.here.length && now.here.every((run, index) => run === before.here[index]);

/** Keeps the output logs of the installation within their total, and the live runs of this host within their budgets. */
export function logKeeping({ clock, keeper, runs, appended, totalBytes, logger }: LogKeepingOptions): PacedLoop {
  let [bytes, squeezed, restUntil] = [0, 0, 0];
  let last: Seen = { at: -Infinity, here: [], appended: -1 };
  gauge('berth_log_bytes', 'Memory of Redis that the output logs of the installation take', () => bytes);
  gauge('berth_log_limit_bytes', 'Memory of Redis that the output logs of the installation may take (LOG_TOTAL_MIB)', () => totalBytes);
  gauge('berth_log_squeezed_runs', 'Runs of this worker whose log may take less than LOG_RUN_MIB now', () => squeezed);
  const dropped = counter('berth_log_dropped_total', 'Logs of closed runs that this worker dropped before their time');
  dropped(0);
  return new PacedLoop({
    clock,
    periodMs: PERIOD_MS,
    longestPauseMs: LONGEST_PAUSE_MS,
    job: async () => {
      const began = clock.now();
      if (began < restUntil) return;
      const here = runs();
      const seen = { at: began, here, appended: appended() };
      if (began - last.at < QUIET_MS && isSame(last, seen)) return;
      const round = await keeper.round(here.map(({ claim }) => claim));
      ({ bytes, squeezed } = round);
      dropped(round.dropped);
      if (round.dropped > 0) logger.info({ dropped: round.dropped, bytes }, 'dropped logs of closed runs: LOG_TOTAL_MIB is used up');
      // A run that writes nothing gives up what it has too much as well.
      for (const { log } of here) {
        const trimmed = log.trim();
        // A turn of its own for each run that has nothing to give up costs more than everything else here.
        if (trimmed) await trimmed;
      }
      last = seen;
      const now = clock.now();
      restUntil = now + (now - began) * (1 / BUSY_PART - 1);
    },
    outage: (error) => logger.warn({ err: error }, 'the output logs cannot be counted; trying on'),
    recovered: () => logger.info('the output logs are counted again'),
  });
}
