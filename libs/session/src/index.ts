export * from './ports.js';
export { Session, type SessionOptions, type SessionResult } from './session.js';
