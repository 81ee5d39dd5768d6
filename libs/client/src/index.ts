export type { ByteSocketEvents, ConnectionState } from './bytes/byte-socket-events.js';
export { ByteSocket, type ByteSocketOptions, type Credential } from './bytes/byte-socket.js';
export { isRetried, retryDelay } from './bytes/retry.js';
export { type OpenSocket, type SocketLike, type SocketRequest, browserSocket } from './bytes/socket-like.js';
export { type Clock, platformClock } from './clock.js';
export { ApiError } from './rest/api-error.js';
export { BerthApi, type BerthApiOptions } from './rest/berth-api.js';
export type { CallArguments, CallInput, CallOutput, OutputRange } from './rest/call-types.js';
export { ticketFor } from './rest/ticket-for.js';
