export { OutputShares } from './output-shares.js';
export * from './ports.js';
export { PAUSE_REASONS, type PauseReason } from './pause-switch.js';
export { SizeHistory } from './size-history.js';
export { Session, type SessionLoad, type SessionOptions, type SessionResult } from './session.js';
