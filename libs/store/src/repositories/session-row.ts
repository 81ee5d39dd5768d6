import {
  CloseReason,
  ModelProvider,
  RunState,
  SessionKind,
  SessionStatus,
  type RunView,
  type SessionView,
  idFromUuid,
} from '@berth/protocol';
import { Prisma } from '../generated/client.js';
import { permissionModeOf } from '../permission-mode.js';
import type { SessionPlacement } from './session-types.js';
import type { DefaultModelProvider } from './tenant-repositories.js';

/** A session with its latest run and that run's host. */
export interface SessionRow {
  tenant_id: string;
  id: string;
  kind: string;
  status: string;
  title: string;
  command: string[];
  model: string | null;
  permission_mode: string | null;
  created_by: string;
  epoch: number;
  host_id: string | null;
  offset_limit: bigint;
  desired: string | null;
  exit_code: number | null;
  close_reason: string | null;
  head: bigint;
  cols: number;
  rows: number;
  workspace_path: string | null;
  created_at: Date;
  closed_at: Date | null;
  run_host_id: string | null;
  run_incarnation: number | null;
  run_state: string | null;
  run_close_reason: string | null;
  run_exit_code: number | null;
  host_address: string | null;
  model_provider: string | null;
}

/** No condition on the tenant: row-level security is that condition, in one place for every statement. */
export const SELECT_SESSIONS = Prisma.sql`
  SELECT s.tenant_id, s.id, s.kind, s.status, s.title, s.command, s.model, s.permission_mode, s.created_by, s.epoch, s.host_id, s.offset_limit, s.desired,
    s.exit_code, s.close_reason, s.head, s.cols, s.rows, s.workspace_path, s.created_at, s.closed_at, r.host_id AS run_host_id, r.incarnation AS run_incarnation,
    r.state AS run_state, r.close_reason AS run_close_reason, r.exit_code AS run_exit_code, h.address AS host_address, p.provider AS model_provider
  FROM sessions s
  LEFT JOIN session_runs r ON r.tenant_id = s.tenant_id AND r.session_id = s.id AND r.epoch = s.epoch
  LEFT JOIN hosts h ON h.id = s.host_id AND h.incarnation = r.incarnation
  LEFT JOIN model_settings p ON p.tenant_id = s.tenant_id`;

interface RunStanding {
  epoch: number;
  state: RunState;
  closeReason?: CloseReason;
  exitCode?: number;
}

const ending = (closeReason: string | null, exitCode: number | null) => ({
  ...(closeReason === null ? {} : { closeReason: CloseReason.parse(closeReason) }),
  ...(exitCode === null ? {} : { exitCode }),
});

/** While a session waits for a host it has the epoch of its last run and the state `queued`. */
function runStanding(row: SessionRow): RunStanding {
  if (row.status === 'queued') return { epoch: row.epoch, state: 'queued' };
  // Closed or suspended before any host had it.
  if (row.run_state === null) return { epoch: row.epoch, state: 'closed', ...ending(row.close_reason, row.exit_code) };
  return { epoch: row.epoch, state: RunState.parse(row.run_state), ...ending(row.run_close_reason, row.run_exit_code) };
}

const toRunView = (row: SessionRow): RunView => ({
  ...runStanding(row),
  host: row.run_host_id === null || row.status === 'queued' ? null : idFromUuid('host', row.run_host_id),
});

/** `otherwise`: who answers while the tenant has chosen nobody. */
export const toSessionView = (row: SessionRow, otherwise: DefaultModelProvider): SessionView => ({
  id: idFromUuid('session', row.id),
  kind: SessionKind.parse(row.kind),
  status: SessionStatus.parse(row.status),
  title: row.title,
  program: row.command.length === 0 ? 'claude' : 'command',
  command: row.command,
  model: row.model,
  permissionMode: permissionModeOf(row),
  modelProvider: row.model_provider === null ? otherwise : ModelProvider.parse(row.model_provider),
  createdBy: idFromUuid('user', row.created_by),
  run: toRunView(row),
  head: Number(row.head),
  cols: row.cols,
  rows: row.rows,
  workspace: row.workspace_path === null ? null : { path: row.workspace_path },
  createdAt: row.created_at.toISOString(),
  closedAt: row.closed_at?.toISOString() ?? null,
});

export const toPlacement = (row: SessionRow): SessionPlacement => ({
  tenantId: idFromUuid('tenant', row.tenant_id),
  sessionId: idFromUuid('session', row.id),
  kind: SessionKind.parse(row.kind),
  status: SessionStatus.parse(row.status),
  ...runStanding(row),
  head: Number(row.head),
  offsetLimit: Number(row.offset_limit),
  cols: row.cols,
  rows: row.rows,
  host:
    row.host_id === null || row.host_address === null || row.run_incarnation === null
      ? null
      : { hostId: idFromUuid('host', row.host_id), incarnation: row.run_incarnation, address: row.host_address },
});
