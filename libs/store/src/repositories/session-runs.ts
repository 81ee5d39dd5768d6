import { CloseReason, RunState, idFromUuid } from '@berth/protocol';
import type { Transaction } from '../transactor.js';
import type { SessionRunRecord } from './session-types.js';

interface RunRow {
  epoch: number;
  state: string;
  close_reason: string | null;
  host_id: string;
  base: bigint;
  end: bigint | null;
  run_limit: bigint;
}

/** Runs of a session, oldest first. A run's limit is the base of the next one, or what is reserved while it is the last. */
export async function readRuns(tx: Transaction, uuid: string): Promise<SessionRunRecord[]> {
  const rows = await tx.$queryRaw<RunRow[]>`
    SELECT r.epoch, r.state, r.close_reason, r.host_id, r.base, r."end",
      coalesce(lead(r.base) OVER (ORDER BY r.epoch), s.offset_limit) AS run_limit
    FROM session_runs r JOIN sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
    WHERE r.session_id = ${uuid}::uuid ORDER BY r.epoch`;
  return rows.map((row) => ({
    epoch: row.epoch,
    state: RunState.parse(row.state),
    ...(row.close_reason === null ? {} : { closeReason: CloseReason.parse(row.close_reason) }),
    hostId: idFromUuid('host', row.host_id),
    base: Number(row.base),
    end: row.end === null ? null : Number(row.end),
    limit: Number(row.run_limit),
  }));
}
