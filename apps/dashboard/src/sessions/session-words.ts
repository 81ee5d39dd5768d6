import type { CloseReason, RunUpdate, SessionStatus } from '@berth/protocol';

const REASONS: Record<CloseReason, string> = {
  exited: 'the program ended',
  cancelled: 'it was closed',
  start_failed: 'the program could not be started',
  host_lost: 'its host was lost',
  drained: 'its host is being replaced',
  suspended: 'it was suspended',
  idle: 'it was idle',
  budget: 'its budget is used up',
  oom: 'it ran out of memory',
};

const STATUSES: Record<SessionStatus, string> = {
  queued: 'Waiting for a host',
  starting: 'Starting',
  running: 'Running',
  suspended: 'Suspended',
  closed: 'Closed',
};

export const statusWords = (status: SessionStatus): string => STATUSES[status];

/** Why a run ended, for people; undefined while it has not. */
export function endWords({ state, closeReason, exitCode }: RunUpdate): string | undefined {
  if (state !== 'closed') return undefined;
  const reason = closeReason === undefined ? 'it ended' : REASONS[closeReason];
  return exitCode === undefined || closeReason !== 'exited' ? reason : `${reason} (exit code ${exitCode})`;
}
