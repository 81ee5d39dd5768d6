import { statusAfter } from '@berth/protocol';

/**
 * Closes runs whose host is gone: those of the sessions that `which` names (a query of tenant_id and id, locking the rows). A
 * session that a member asked to close is closed by it; every other one is suspended and can be woken. The offset limit stays, so
 * the next run starts behind everything that anyone may have seen.
 */
export const closeLostRuns = (which: string): string => `
  WITH lost AS (${which}), closed AS (
    UPDATE sessions s SET
      status = CASE WHEN s.desired = 'closed' THEN 'closed' ELSE '${statusAfter('host_lost')}' END,
      closed_at = CASE WHEN s.desired = 'closed' THEN clock_timestamp() END,
      close_reason = 'host_lost', host_id = NULL, lease_until = NULL, desired = NULL, updated_at = clock_timestamp()
    FROM lost WHERE s.tenant_id = lost.tenant_id AND s.id = lost.id
    RETURNING s.tenant_id, s.id, s.epoch, s.offset_limit
  )
  UPDATE session_runs r SET state = 'closed', close_reason = 'host_lost', closed_at = clock_timestamp()
  FROM closed WHERE r.tenant_id = closed.tenant_id AND r.session_id = closed.id AND r.epoch = closed.epoch
  RETURNING r.tenant_id, r.session_id, r.epoch, r.base, closed.offset_limit`;
