import { uuidFromId } from '@berth/protocol';
import type { LeaseDatabase } from './lease-database.js';
import { type LostRow, toLostRun } from './lease-rows.js';
import type { LostRun, RunIdentity } from './lease-types.js';
import { closeLostRuns } from './lost-runs.js';

/** One round of a sweep: enough to clear a full host's sessions, short enough to hold no lock for long. */
const SWEEP_ROWS = 100;

/** What anybody does for runs whose host is gone; all of it may run in every process at once. */
export class LeaseSweep {
  constructor(private readonly database: LeaseDatabase) {}

  /** Closes runs whose lease has ended by the database's clock. The caller seals their logs and then calls {@link setRunEnd}. */
  async sweepExpired(max = SWEEP_ROWS): Promise<LostRun[]> {
    const rows = await this.database.rows<LostRow>({
      sql: closeLostRuns(
        `SELECT tenant_id, id FROM sessions WHERE host_id IS NOT NULL AND lease_until < clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED`,
      ),
      values: [max],
      repeatable: true,
    });
    return rows.map(toLostRun);
  }

  /** Runs closed longer ago than that whose end nobody has recorded: their sealing failed or its author died. */
  async unsealedRuns(olderThanSeconds: number, max = SWEEP_ROWS): Promise<LostRun[]> {
    const rows = await this.database.rows<LostRow>({
      sql: `SELECT r.tenant_id, r.session_id, r.epoch, r.base, coalesce(next.base, s.offset_limit) AS offset_limit
            FROM session_runs r
            JOIN sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
            LEFT JOIN session_runs next ON next.tenant_id = r.tenant_id AND next.session_id = r.session_id AND next.epoch = r.epoch + 1
            WHERE r.state = 'closed' AND r."end" IS NULL AND r.closed_at < clock_timestamp() - make_interval(secs => $1::float8)
            ORDER BY r.closed_at LIMIT $2`,
      values: [olderThanSeconds, max],
      repeatable: true,
    });
    return rows.map(toLostRun);
  }

  /** Records where the log of a lost run ends; the first record stands. */
  async setRunEnd(run: RunIdentity, end: number): Promise<void> {
    await this.database.rows({
      sql: `
        WITH sealed AS (
          UPDATE session_runs r SET "end" = greatest(r.base, $4::bigint)
          WHERE r.tenant_id = $1 AND r.session_id = $2 AND r.epoch = $3 AND r.state = 'closed' AND r."end" IS NULL
          RETURNING r.tenant_id, r.session_id, r.epoch, r."end"
        )
        UPDATE sessions s SET head = sealed."end", updated_at = clock_timestamp()
        FROM sealed WHERE s.tenant_id = sealed.tenant_id AND s.id = sealed.session_id AND s.epoch = sealed.epoch`,
      values: [uuidFromId(run.tenantId), uuidFromId(run.sessionId), run.epoch, end],
      repeatable: true,
    });
  }
}
