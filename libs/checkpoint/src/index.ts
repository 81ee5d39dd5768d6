export { startCheckpointProcess, type CheckpointProcess, type CheckpointProcessOptions, type FoldJob } from './checkpoint-process.js';
export { LogFold, type FoldSources, type FoldedScreen } from './log-fold.js';
export type { SessionToFold } from './messages.js';
