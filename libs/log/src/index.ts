export type { LogItem, LogRange } from './log-item.js';
export { LogKeeper, type LogRound } from './log-keeper.js';
export { MIN_RUN_BYTES } from './log-shares.js';
export { connectLog } from './redis-log.js';
export { RedisOutputLog, type RunAppender } from './redis-output-log.js';
export { ScreenStore, type StoredScreen } from './screen-store.js';
export { SessionLogReader, type LoggedSession, type RunRange } from './session-log-reader.js';
