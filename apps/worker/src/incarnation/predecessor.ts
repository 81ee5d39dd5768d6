import { readFileSync } from 'node:fs';
import { endTree } from '../end-tree.js';
import { isAlive, signal } from '../process-table.js';
import type { IncarnationRecord } from './incarnation-file.js';

/** Identifies this boot of the machine; empty where the kernel does not say. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Whether the process that wrote the record still exists; stopped counts as alive, for it may be continued. */
export const stillRuns = (record: IncarnationRecord): boolean => record.boot === bootId() && isAlive(record.host);

/**
 * Ends what a dead incarnation left: its sessions' trees, then its guardian, which would end them as well but may be stopped. Each is ended
 * only if it is the recorded process and not a later one with its number. Returns how many were alive.
 */
export function endLeftovers(record: IncarnationRecord): number {
  if (record.boot !== bootId()) return 0;
  const trees = record.trees.filter(isAlive);
  for (const tree of record.trees) endTree(tree);
  const guardian = record.guardian && isAlive(record.guardian) ? record.guardian : undefined;
  if (guardian) signal(guardian, 'SIGKILL');
  return trees.length + (guardian ? 1 : 0);
}
