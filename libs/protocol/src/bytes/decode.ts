import { ClientId } from '../ids.js';
import { TERMINAL_COLS, TERMINAL_ROWS } from '../limits.js';
import { ByteReader, FrameError } from './byte-reader.js';
import type { ClientFrame, Role, ServerFrame } from './frames.js';
import { FRAME } from './frames.js';
import { RunUpdate } from './run-update.js';

const FLAG_WANTS_DRIVE = 1;

function size(reader: ByteReader): { cols: number; rows: number } {
  const cols = reader.u16('cols');
  const rows = reader.u16('rows');
  if (cols < TERMINAL_COLS.min || cols > TERMINAL_COLS.max)
    throw new FrameError(`cols must be ${TERMINAL_COLS.min} to ${TERMINAL_COLS.max}`);
  if (rows < TERMINAL_ROWS.min || rows > TERMINAL_ROWS.max)
    throw new FrameError(`rows must be ${TERMINAL_ROWS.min} to ${TERMINAL_ROWS.max}`);
  return { cols, rows };
}

function attach(reader: ByteReader): ClientFrame {
  const haveUpTo = reader.u48('haveUpTo');
  const dimensions = size(reader);
  const flags = reader.u8('flags');
  if ((flags & ~FLAG_WANTS_DRIVE) !== 0) throw new FrameError('flags has an unknown bit');
  const clientId = reader.utf8(reader.slice(reader.u8('clientId length'), 'clientId'), 'clientId');
  if (!ClientId.safeParse(clientId).success) throw new FrameError('clientId must be 1 to 64 of A-Z a-z 0-9 _ -');
  return { type: 'attach', haveUpTo, ...dimensions, wantsDrive: (flags & FLAG_WANTS_DRIVE) !== 0, clientId };
}

function input(reader: ByteReader): ClientFrame {
  const inputSeq = reader.u32('inputSeq');
  if (inputSeq === 0) throw new FrameError('inputSeq starts at 1');
  return { type: 'input', inputSeq, data: reader.rest() };
}

function clientFrame(reader: ByteReader): ClientFrame {
  const type = reader.u8('type');
  switch (type) {
    case FRAME.attach:
      return attach(reader);
    case FRAME.input:
      return input(reader);
    case FRAME.ack:
      return { type: 'ack', parsedUpTo: reader.u48('parsedUpTo') };
    case FRAME.resize:
      return { type: 'resize', ...size(reader) };
    case FRAME.ping:
      return { type: 'ping', token: reader.u32('token') };
    case FRAME.pong:
      return { type: 'pong', token: reader.u32('token') };
    default:
      throw new FrameError('unknown frame type');
  }
}

/** Decodes a message of a client. Throws {@link FrameError} on anything that is not exactly one frame of the protocol. */
export function decodeClientFrame(message: Uint8Array): ClientFrame {
  const reader = new ByteReader(message);
  const frame = clientFrame(reader);
  reader.end();
  return frame;
}

function runUpdate(reader: ByteReader): RunUpdate {
  const text = reader.utf8(reader.rest(), 'state');
  try {
    return RunUpdate.parse(JSON.parse(text));
  } catch {
    throw new FrameError('state is not a run update');
  }
}

function serverFrame(reader: ByteReader): ServerFrame {
  const type = reader.u8('type');
  switch (type) {
    case FRAME.attached:
      return {
        type: 'attached',
        epoch: reader.u32('epoch'),
        head: reader.u48('head'),
        from: reader.u48('from'),
        cols: reader.u16('cols'),
        rows: reader.u16('rows'),
        role: reader.u8('role') as Role,
        lastInputSeq: reader.u32('lastInputSeq'),
      };
    case FRAME.output:
      return { type: 'output', offset: reader.u48('offset'), data: reader.rest() };
    case FRAME.inputAck:
      return { type: 'inputAck', lastApplied: reader.u32('lastApplied') };
    case FRAME.resize:
      return { type: 'resize', cols: reader.u16('cols'), rows: reader.u16('rows') };
    case FRAME.gap:
      return { type: 'gap', from: reader.u48('from'), to: reader.u48('to'), reason: reader.utf8(reader.rest(), 'reason') };
    case FRAME.screen:
      return {
        type: 'screen',
        offset: reader.u48('offset'),
        cols: reader.u16('cols'),
        rows: reader.u16('rows'),
        serialized: reader.rest(),
      };
    case FRAME.state:
      return { type: 'state', state: runUpdate(reader) };
    case FRAME.ping:
      return { type: 'ping', token: reader.u32('token') };
    case FRAME.pong:
      return { type: 'pong', token: reader.u32('token') };
    case FRAME.reject:
      return { type: 'reject', inputSeq: reader.u32('inputSeq'), code: reader.utf8(reader.rest(), 'code') };
    default:
      throw new FrameError('unknown frame type');
  }
}

/** Decodes a message of the server. Throws {@link FrameError} on anything that is not exactly one frame of the protocol. */
export function decodeServerFrame(message: Uint8Array): ServerFrame {
  const reader = new ByteReader(message);
  const frame = serverFrame(reader);
  reader.end();
  return frame;
}
