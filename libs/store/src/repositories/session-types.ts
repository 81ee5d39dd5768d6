import type {
  CloseReason,
  HostId,
  PermissionMode,
  RunState,
  SessionId,
  SessionKind,
  SessionStatus,
  SessionView,
  TenantId,
  UserId,
} from '@berth/protocol';

export interface NewSession {
  kind: SessionKind;
  title: string;
  /** Empty: Claude Code. */
  command: string[];
  /** For Claude Code only. */
  model?: string | undefined;
  /** For Claude Code only. */
  permissionMode?: PermissionMode | undefined;
  /** An absolute folder on the host; absent: one of the session's own. */
  workspacePath?: string | undefined;
  cols: number;
  rows: number;
  createdBy: UserId;
  /** Trace context of the request, carried on by the run. */
  traceparent?: string;
}

/** Filters and position of one page of sessions, newest first. */
export interface SessionPageQuery {
  /** `active`: all but closed. */
  status?: SessionStatus | 'active' | undefined;
  kind?: SessionKind | undefined;
  /** Part of the title, in either case. */
  search?: string | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  limit: number;
}

export interface SessionPage {
  items: SessionView[];
  nextCursor: string | null;
}

/** `done`: nothing is left to do; `asked`: the run's host has to be told by its bell; `conflict`: the session's state does not allow it. */
export type SessionRequestResult =
  { outcome: 'done' | 'conflict'; session: SessionView } | { outcome: 'asked'; session: SessionView; hostId: HostId };

/** `epochs`: the runs whose logs are to be removed. */
export type RemoveResult = { outcome: 'removed'; epochs: number[] } | { outcome: 'conflict' } | { outcome: 'not_found' };

/** Where a session's bytes are to be had: everything a gateway needs to serve a viewer. */
export interface SessionPlacement {
  tenantId: TenantId;
  sessionId: SessionId;
  kind: SessionKind;
  status: SessionStatus;
  epoch: number;
  state: RunState;
  closeReason?: CloseReason;
  exitCode?: number;
  /** Offset behind the last byte known to the store. */
  head: number;
  /** No offset at or past this one has ever been emitted. */
  offsetLimit: number;
  cols: number;
  rows: number;
  /** Owner of the live run; null while there is none or its link is not listening yet. */
  host: { hostId: HostId; incarnation: number; address: string } | null;
}

/** One run as a reader of the log needs it: its bytes are those in `[base, end)`. */
export interface SessionRunRecord {
  epoch: number;
  state: RunState;
  closeReason?: CloseReason;
  hostId: HostId;
  base: number;
  /** Offset behind the run's last readable byte; null while the run lives or its log is not sealed yet. */
  end: number | null;
  /** No byte of the run lies at or past this offset. */
  limit: number;
}
