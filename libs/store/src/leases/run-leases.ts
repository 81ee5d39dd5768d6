import { RUN_STATES, type RunState, statusAfter, uuidFromId } from '@berth/protocol';
import { fenceFor } from './fence.js';
import type { LeaseDatabase } from './lease-database.js';
import type { FencedResult, RunClose, RunIdentity, RunOffsets } from './lease-types.js';

const runValues = (run: RunIdentity): unknown[] => [uuidFromId(run.tenantId), uuidFromId(run.sessionId), run.epoch];

const ORDER = `ARRAY[${RUN_STATES.map((state) => `'${state}'`).join(', ')}]`;

/** What the owner of one run writes; each statement is fenced and may be repeated. */
export class RunLeases {
  private readonly fence: string;

  constructor(
    private readonly database: LeaseDatabase,
    flags: ReadonlySet<string>,
  ) {
    this.fence = fenceFor(flags);
  }

  /** Moves the run forward; a state that it has reached or passed stays. */
  async advanceRun(run: RunIdentity, state: Exclude<RunState, 'queued' | 'closed'>): Promise<FencedResult> {
    return this.fenced(
      `WITH owned AS (
         UPDATE sessions s SET status = CASE WHEN $4 = 'running' THEN 'running' ELSE s.status END, updated_at = clock_timestamp()
         WHERE ${this.fence} RETURNING s.tenant_id, s.id
       )
       UPDATE session_runs r SET state = CASE WHEN array_position(${ORDER}, $4) > array_position(${ORDER}, r.state) THEN $4 ELSE r.state END
       FROM owned WHERE r.tenant_id = owned.tenant_id AND r.session_id = owned.id AND r.epoch = $3
       RETURNING r.epoch`,
      [...runValues(run), state],
    );
  }

  /** Raises the reservation to `limit` or more, and answers with it; `head` = how far the output has come. */
  async reserveOffsets(run: RunIdentity, limit: number, head = 0): Promise<number | 'lease_lost'> {
    const [row] = await this.database.rows<{ offset_limit: string }>({
      sql: `UPDATE sessions s SET offset_limit = greatest(s.offset_limit, $4::bigint), head = greatest(s.head, $5::bigint)
            WHERE ${this.fence} RETURNING s.offset_limit`,
      values: [...runValues(run), limit, head],
      repeatable: true,
    });
    return row === undefined ? 'lease_lost' : Number(row.offset_limit);
  }

  /** Runs of the session up to this one, oldest first; whoever has lost the run may ask as well. */
  async runsUpTo(run: RunIdentity): Promise<RunOffsets[]> {
    const rows = await this.database.rows<{ epoch: number; base: string; end: string | null }>({
      sql: `SELECT epoch, base, "end" FROM session_runs WHERE tenant_id = $1 AND session_id = $2 AND epoch <= $3 ORDER BY epoch`,
      values: runValues(run),
      repeatable: true,
    });
    return rows.map(({ epoch, base, end }) => ({ epoch, base: Number(base), end: end === null ? null : Number(end) }));
  }

  /** Records the terminal's size, with which the next run starts. */
  async resizeRun(run: RunIdentity, cols: number, rows: number): Promise<FencedResult> {
    return this.fenced(`UPDATE sessions s SET cols = $4, rows = $5, updated_at = clock_timestamp() WHERE ${this.fence} RETURNING s.epoch`, [
      ...runValues(run),
      cols,
      rows,
    ]);
  }

  /**
   * Ends the run and gives the session up. With `end` the close is clean: the next run continues at that offset. Without it the offset
   * limit stays, and the end is recorded by `setRunEnd` once the log has been sealed.
   */
  async closeRun(run: RunIdentity, { reason, exitCode, end }: RunClose): Promise<FencedResult> {
    const values = [...runValues(run), reason, exitCode ?? null, end ?? null];
    const closed = await this.fenced(
      `WITH owned AS (
         UPDATE sessions s SET
           status = CASE WHEN s.desired = 'closed' THEN 'closed' ELSE $7 END,
           closed_at = CASE WHEN s.desired = 'closed' OR $7 = 'closed' THEN clock_timestamp() END,
           offset_limit = coalesce($6::bigint, s.offset_limit), head = coalesce($6::bigint, s.head),
           close_reason = $4, exit_code = $5::int, host_id = NULL, lease_until = NULL, desired = NULL, updated_at = clock_timestamp()
         WHERE ${this.fence} RETURNING s.tenant_id, s.id
       )
       UPDATE session_runs r SET state = 'closed', close_reason = $4, exit_code = $5::int, "end" = $6::bigint, closed_at = clock_timestamp()
       FROM owned WHERE r.tenant_id = owned.tenant_id AND r.session_id = owned.id AND r.epoch = $3
       RETURNING r.epoch`,
      [...values, statusAfter(reason)],
    );
    // The answer to an earlier attempt may have been lost on its way.
    return closed === 'ok' ? 'ok' : this.alreadyClosed(values);
  }

  private async alreadyClosed(values: unknown[]): Promise<FencedResult> {
    return this.fenced(
      `SELECT epoch FROM session_runs WHERE tenant_id = $1 AND session_id = $2 AND epoch = $3 AND state = 'closed'
         AND close_reason = $4 AND exit_code IS NOT DISTINCT FROM $5::int AND "end" IS NOT DISTINCT FROM $6::bigint`,
      values,
    );
  }

  private async fenced(sql: string, values: unknown[]): Promise<FencedResult> {
    const rows = await this.database.rows({ sql, values, repeatable: true });
    return rows.length === 1 ? 'ok' : 'lease_lost';
  }
}
