import type { RedisOutputLog } from '@berth/log';
import type { ProcessTree } from '@berth/sandbox';
import type { Clock } from '@berth/session';
import type { Leases, RunIdentity } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { HostModel } from '../model/host-model.js';
import type { UserEnvironment } from './session-environment.js';
import type { SessionFolders } from './session-folders.js';

/** Counts of what a host does. */
export interface HostMetrics {
  fenced(): void;
}

/** What every run of a host uses. */
export interface HostServices {
  clock: Clock;
  leases: Pick<Leases, 'advanceRun' | 'reserveOffsets' | 'resizeRun' | 'closeRun'>;
  log: Pick<RedisOutputLog, 'appender' | 'expire'>;
  /** Tells everybody to read this run again; needs no answer. */
  ring(run: RunIdentity): void;
  tree: ProcessTree;
  folders: SessionFolders;
  model: Pick<HostModel, 'forRun'>;
  user: UserEnvironment;
  logger: Logger;
  metrics: HostMetrics;
  /** Whether leases are: false only in the negative control of the tests. */
  enforced: boolean;
}
