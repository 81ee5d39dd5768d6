export { connectLog } from './redis-log.js';
export { RedisOutputLog } from './redis-output-log.js';
export { SessionLogReader, type LogItem, type LoggedSession, type RunRange } from './session-log-reader.js';
