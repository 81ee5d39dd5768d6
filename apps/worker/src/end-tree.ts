import { killTree } from '@berth/sandbox';
import type { ProcessTreeKind } from '@berth/sandbox';
import { processEntry } from './process-table.js';
import type { ProcessRef } from './process-table.js';

/** The outermost process of a session and the wall that holds the rest. */
export interface TreeRef extends ProcessRef {
  kind: ProcessTreeKind;
}

/**
 * Kills a session's processes unless the number belongs to a later process by now. A dead outermost process ends nothing by itself: members of
 * its group may live on, and its number is not given away while they do.
 */
export function endTree(tree: TreeRef): void {
  const entry = processEntry(tree.pid);
  if (entry && tree.startTime !== 0 && entry.startTime !== tree.startTime) return;
  killTree(tree.pid, tree.kind);
}
