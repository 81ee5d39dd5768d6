import type { RunAppender } from '@berth/log';
import type { ProcessTree } from '@berth/sandbox';
import type { Clock, OutputShares } from '@berth/session';
import type { ClaimedRun, Leases, RunIdentity } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { HostModel } from '../model/host-model.js';
import type { OpenProgram } from './open-program.js';
import type { UserEnvironment } from './session-environment.js';
import type { SessionFolders } from './session-folders.js';

/** Counts of what a host does. */
export interface HostMetrics {
  fenced(): void;
}

/** The log of one run, while it is here. */
export interface RunLog {
  log: RunAppender;
  /** The run is over. */
  close(): void;
}

/** The output logs of a host's runs. */
export interface RunLogs {
  /** `hold`: whether the run's program is to wait for its log. */
  open(claim: ClaimedRun, hold: (held: boolean) => void): RunLog;
  /** Lets the log of a closed run go after its time. */
  expire(claim: ClaimedRun): Promise<void>;
}

/** What every run of a host uses. */
export interface HostServices {
  clock: Clock;
  leases: Pick<Leases, 'advanceRun' | 'reserveOffsets' | 'resizeRun' | 'closeRun'>;
  logs: RunLogs;
  /** What the sessions of this host may put out. */
  shares: Pick<OutputShares, 'join'>;
  /** Size to which a session's ring may grow, if not the usual one. */
  ringBytes: number | undefined;
  /** Tells everybody to read this run again; needs no answer. */
  ring(run: RunIdentity): void;
  tree: ProcessTree;
  folders: SessionFolders;
  model: Pick<HostModel, 'forRun'>;
  openProgram: OpenProgram;
  user: UserEnvironment;
  logger: Logger;
  metrics: HostMetrics;
  /** Whether leases are: false only in the negative control of the tests. */
  enforced: boolean;
}
