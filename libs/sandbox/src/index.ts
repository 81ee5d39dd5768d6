export { killTree } from './kill-tree.js';
export { probeProcessTree } from './probe-process-tree.js';
export { processStartTime } from './proc.js';
export type { ProcessTree, ProcessTreeKind } from './process-tree.js';
