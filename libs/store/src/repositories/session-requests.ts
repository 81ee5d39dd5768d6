import type { DesiredState, SessionStatus } from '@berth/protocol';
import type { Transaction } from '../transactor.js';

/** `done`: nothing is left to do. `asked`: the run's host has to do it. */
export type RequestOutcome = 'done' | 'asked' | 'conflict';

interface Standing {
  status: SessionStatus;
  desired: DesiredState | null;
}

/** The session's row, held until the transaction ends, so that no claim and no close comes in between. */
async function hold(tx: Transaction, uuid: string): Promise<Standing | undefined> {
  const [row] = await tx.$queryRaw<Standing[]>`SELECT status, desired FROM sessions WHERE id = ${uuid}::uuid FOR UPDATE`;
  return row;
}

/** Ends the current run: `closed` for good, `suspended` until it is woken. What nobody runs is ended at once. */
export async function requestEnd(tx: Transaction, uuid: string, desired: DesiredState): Promise<RequestOutcome | undefined> {
  const session = await hold(tx, uuid);
  if (session === undefined) return undefined;
  switch (session.status) {
    case 'closed':
      return desired === 'closed' ? 'done' : 'conflict';
    case 'suspended':
    case 'queued':
      if (session.status === desired) return 'done';
      await tx.$executeRaw`
        UPDATE sessions SET status = ${desired}, close_reason = ${desired === 'closed' ? 'cancelled' : 'suspended'}, updated_at = clock_timestamp(),
          closed_at = CASE WHEN ${desired} = 'closed' THEN clock_timestamp() END
        WHERE id = ${uuid}::uuid`;
      return 'done';
    case 'starting':
    case 'running':
      // A wish to close is never weakened to a wish to suspend.
      await tx.$executeRaw`
        UPDATE sessions SET desired = CASE WHEN desired = 'closed' THEN desired ELSE ${desired} END, updated_at = clock_timestamp()
        WHERE id = ${uuid}::uuid`;
      return 'asked';
  }
}

/** Queues a suspended session for a new run; one that waits or runs already is left alone. */
export async function requestWake(tx: Transaction, uuid: string, traceparent: string | undefined): Promise<RequestOutcome | undefined> {
  const session = await hold(tx, uuid);
  if (session === undefined) return undefined;
  switch (session.status) {
    case 'closed':
      return 'conflict';
    case 'queued':
      return 'done';
    case 'starting':
    case 'running':
      // Its run is being ended: it can be woken once that is done.
      return session.desired === null ? 'done' : 'conflict';
    case 'suspended':
      await tx.$executeRaw`
        UPDATE sessions SET status = 'queued', close_reason = NULL, exit_code = NULL, traceparent = ${traceparent ?? null},
          queued_at = clock_timestamp(), updated_at = clock_timestamp()
        WHERE id = ${uuid}::uuid`;
      return 'done';
  }
}
