import { probeProcessTree } from '@berth/sandbox';
import type { ProcessTree } from '@berth/sandbox';
import type { Logger } from 'pino';

/** The strongest wall that this machine allows; what it does not hold is said as a warning. */
export function openProcessTree(logger: Logger): ProcessTree {
  const tree = probeProcessTree();
  logger[tree.kind === 'process-group' ? 'warn' : 'info']({ kind: tree.kind }, tree.describe());
  return tree;
}
