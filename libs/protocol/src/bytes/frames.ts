import type { RunUpdate } from './run-update.js';

/** Frame types of the byte socket `berth.bytes.v1`; the number is the first byte of every binary message. */
export const FRAME = {
  attach: 1,
  attached: 2,
  output: 3,
  input: 4,
  inputAck: 5,
  ack: 6,
  resize: 7,
  gap: 8,
  screen: 9,
  state: 10,
  ping: 11,
  pong: 12,
  reject: 13,
} as const;

/** WebSocket subprotocol that both sides speak. */
export const BYTES_SUBPROTOCOL = 'berth.bytes.v1';
/** A browser offers its ticket as a second subprotocol with this prefix; the server never answers with it. */
export const TICKET_SUBPROTOCOL_PREFIX = 'ticket.';

/** May this viewer type? */
export const ROLE = { viewer: 0, driver: 1 } as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** Reasons in a GAP frame. */
export const GAP_REASONS = ['pruned', 'lost', 'unlogged', 'slow'] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** Frames from client to server. Offsets and sizes are integers; `data` is a view of the received message. */
export type ClientFrame =
  | { type: 'attach'; haveUpTo: number; cols: number; rows: number; wantsDrive: boolean; clientId: string }
  | { type: 'input'; inputSeq: number; data: Uint8Array }
  | { type: 'ack'; parsedUpTo: number }
  | { type: 'resize'; cols: number; rows: number }
  | { type: 'ping'; token: number }
  | { type: 'pong'; token: number };

/** Frames from server to client. */
export type ServerFrame =
  | { type: 'attached'; epoch: number; head: number; from: number; cols: number; rows: number; role: Role; lastInputSeq: number }
  | { type: 'output'; offset: number; data: Uint8Array }
  | { type: 'inputAck'; lastApplied: number }
  | { type: 'resize'; cols: number; rows: number }
  | { type: 'gap'; from: number; to: number; reason: string }
  | { type: 'screen'; offset: number; cols: number; rows: number; serialized: Uint8Array }
  | { type: 'state'; state: RunUpdate }
  | { type: 'ping'; token: number }
  | { type: 'pong'; token: number }
  | { type: 'reject'; inputSeq: number; code: string };
