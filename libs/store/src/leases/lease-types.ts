import type { CloseReason, DesiredState, HostId, PermissionMode, SessionId, SessionKind, TenantId } from '@berth/protocol';

/** One start of a host; a later incarnation of the same host replaces it. */
export interface HostIdentity {
  hostId: HostId;
  incarnation: number;
}

/** Which run of which session; every write of its owner carries all three. */
export interface RunIdentity {
  tenantId: TenantId;
  sessionId: SessionId;
  epoch: number;
}

/** How long a claim holds without renewal, in seconds, by kind of session. */
export type LeaseTtl = Record<SessionKind, number>;

/** Offsets of a run; `end` null: it lives, or nobody has recorded yet where its log ends. */
export interface RunOffsets {
  epoch: number;
  base: number;
  end: number | null;
}

/** A run that this host owns and has to start. */
export interface ClaimedRun extends RunIdentity {
  kind: SessionKind;
  title: string;
  /** Empty: Claude Code. */
  command: string[];
  /** Model that Claude Code is started with; null = its own choice, and for other programs. */
  model: string | null;
  /** Always set for Claude Code, which runs commands unasked without one; null for other programs. */
  permissionMode: PermissionMode | null;
  cols: number;
  rows: number;
  workspacePath: string | null;
  /** Trace context of the request that queued the session. */
  traceparent: string | null;
  /** First offset of the run. */
  base: number;
  /** Nothing may be emitted at or past this offset before a further reservation. */
  limit: number;
  /** Milliseconds that the lease had left when the database answered. */
  leaseMs: number;
}

/** A run whose lease was renewed; a run that is missing from the answer is lost. */
export interface RenewedRun extends RunIdentity {
  /** What a member asks of the session, to be carried out by its host. */
  desired: DesiredState | null;
  /** Milliseconds that the lease had left when the database answered. */
  leaseMs: number;
}

/** A run that ended without its host: its log is to be sealed at `limit`, then its end recorded by `setRunEnd`. */
export interface LostRun extends RunIdentity {
  base: number;
  limit: number;
}

/** How a run ended. */
export interface RunClose {
  reason: CloseReason;
  exitCode?: number;
  /** Offset behind the last byte, when all of it is in the log; absent when the log has been given up. */
  end?: number;
}

/** `lease_lost`: the run belongs to somebody else by now, and nothing was written. */
export type FencedResult = 'ok' | 'lease_lost';

/** A tenant's own choice of who answers its model calls, with the secret in the clear: for the broker, never for an answer or a log. */
export type StoredModelProvider =
  { provider: 'anthropic'; apiKey: string } | { provider: 'compatible'; baseUrl: string; token: string } | { provider: 'scripted' };

/** Tokens that a run used with one model since they were recorded last. */
export interface RecordedUsage {
  model: string;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** `stored`: the key is the first tenant's now. `kept`: a member has chosen, and that stands. `no_tenant`: there is nobody to store it for yet. */
export type SeedResult = 'stored' | 'kept' | 'no_tenant';
