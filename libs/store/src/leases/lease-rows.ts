import { DesiredState, SessionKind, idFromUuid } from '@berth/protocol';
import { permissionModeOf } from '../permission-mode.js';
import type { ClaimedRun, LostRun, RenewedRun, RunIdentity } from './lease-types.js';

interface IdentityRow {
  tenant_id: string;
  session_id: string;
  epoch: number;
}

/** The driver delivers bigint and numeric as text. */
export interface ClaimRow extends IdentityRow {
  kind: string;
  title: string;
  command: string[];
  model: string | null;
  permission_mode: string | null;
  cols: number;
  rows: number;
  workspace_path: string | null;
  traceparent: string | null;
  base: string;
  offset_limit: string;
  lease_ms: string;
}

export interface RenewedRow extends IdentityRow {
  desired: string | null;
  lease_ms: string;
}

export interface LostRow extends IdentityRow {
  base: string;
  offset_limit: string;
}

/** Columns of a claim from the sessions row `s`; `base` comes from elsewhere. */
export const CLAIM_COLUMNS = `s.tenant_id, s.id AS session_id, s.epoch, s.kind, s.title, s.command, s.model, s.permission_mode, s.cols, s.rows, s.workspace_path, s.traceparent,
  s.offset_limit, extract(epoch FROM s.lease_until - clock_timestamp()) * 1000 AS lease_ms`;

const identity = (row: IdentityRow): RunIdentity => ({
  tenantId: idFromUuid('tenant', row.tenant_id),
  sessionId: idFromUuid('session', row.session_id),
  epoch: row.epoch,
});

export const toClaimedRun = (row: ClaimRow): ClaimedRun => ({
  ...identity(row),
  kind: SessionKind.parse(row.kind),
  title: row.title,
  command: row.command,
  model: row.model,
  permissionMode: permissionModeOf(row),
  cols: row.cols,
  rows: row.rows,
  workspacePath: row.workspace_path,
  traceparent: row.traceparent,
  base: Number(row.base),
  limit: Number(row.offset_limit),
  leaseMs: Number(row.lease_ms),
});

const Desired = DesiredState.nullable();

export const toRenewedRun = (row: RenewedRow): RenewedRun => ({
  ...identity(row),
  desired: Desired.parse(row.desired),
  leaseMs: Number(row.lease_ms),
});

export const toLostRun = (row: LostRow): LostRun => ({
  ...identity(row),
  base: Number(row.base),
  limit: Number(row.offset_limit),
});
