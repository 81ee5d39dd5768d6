import type { Logger } from 'pino';
import { processRef } from '../process-table.js';
import type { TreeRef } from '../end-tree.js';
import { IncarnationFile } from './incarnation-file.js';
import { bootId, endLeftovers, stillRuns } from './predecessor.js';

/** What this incarnation has running, kept on disk for the next one. */
export interface Incarnation {
  record(running: { guardianPid?: number; trees?: TreeRef[] }): void;
  /** Nothing is left running. */
  clear(): void;
}

/** A worker of this name runs already; the message is for the operator. */
export class NameTaken extends Error {}

/** Becomes the worker of that name on this machine: ends what a dead predecessor left behind. Throws {@link NameTaken} while one lives. */
export function takeName(dataDir: string, name: string, logger: Logger): Incarnation {
  const file = new IncarnationFile(dataDir, name);
  const before = file.read();
  if (before && stillRuns(before)) {
    throw new NameTaken(
      `a worker named ${name} is running already (pid ${String(before.host.pid)}): end it first, or set another BERTH_HOST_NAME`,
    );
  }
  const ended = before ? endLeftovers(before) : 0;
  if (ended > 0) logger.warn({ ended }, 'ended what the previous worker of this name had left running');

  let guardianPid: number | undefined;
  let trees: TreeRef[] = [];
  const incarnation: Incarnation = {
    record: (running) => {
      guardianPid = running.guardianPid ?? guardianPid;
      trees = running.trees ?? trees;
      file.write({
        boot: bootId(),
        host: processRef(process.pid),
        ...(guardianPid === undefined ? {} : { guardian: processRef(guardianPid) }),
        trees,
      });
    },
    clear: () => {
      file.remove();
    },
  };
  incarnation.record({});
  return incarnation;
}
