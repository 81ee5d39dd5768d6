import type { DesiredState, SessionId } from '@berth/protocol';
import type { TestFlag } from '@berth/env';
import type { HostIdentity, LeaseTtl, RunIdentity } from '@berth/store/leases';
import type { LeaseTiming } from './deadlines.js';
import type { TreeRef } from '../end-tree.js';

/** Key of a run in maps. */
export const runKey = (run: { sessionId: SessionId; epoch: number }): string => `${run.sessionId}:${String(run.epoch)}`;

/** What a guardian must know; given over the channel, so that it needs to read nothing by itself. */
export interface GuardianSettings {
  databaseUrl: string;
  redisUrl: string;
  secret: string;
  flags: TestFlag[];
  logLevel: string;
  ttlSeconds: LeaseTtl;
  timing: LeaseTiming;
}

/** Host to guardian. All times are monotonic milliseconds of this machine, which both processes read alike. */
export type HostMessage =
  /** The first message. */
  | { type: 'settings'; settings: GuardianSettings }
  /** The host is registered: renew its leases from now on. */
  | { type: 'serve'; host: HostIdentity }
  /** The main loop turns. */
  | { type: 'tick'; at: number }
  /** A command waits in the store: renew now, which reads it. */
  | { type: 'look' }
  /** A run was claimed; it must stop acting at the deadline. */
  | { type: 'hold'; run: RunIdentity; deadline: number }
  /** The run's processes exist. */
  | { type: 'tree'; run: RunIdentity; tree: TreeRef }
  /** The run is closed in the store, its processes are gone. */
  | { type: 'release'; run: RunIdentity }
  /** The host does nothing more for the run and cannot say so in the store: end it and say it. */
  | { type: 'abandon'; run: RunIdentity }
  /** The host ends in order; nothing is left to do. */
  | { type: 'done' };

/** `key`: {@link runKey} of the run. */
export interface RenewedLease {
  key: string;
  deadline: number;
  desired: DesiredState | null;
}

/** Guardian to host. */
export type GuardianMessage =
  | { type: 'ready' }
  /** A part of what one renewal brought; a lease names its run by its key. */
  | { type: 'renewed'; leases: RenewedLease[]; lost: RunIdentity[] }
  /** The guardian ended the run's processes at their deadline. */
  | { type: 'overdue'; runs: RunIdentity[] }
  /** A newer incarnation of this host is registered. */
  | { type: 'superseded' };
