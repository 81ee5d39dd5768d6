/*
 * The byte socket's frames, written down a second time from the contract: a mistake in the product's own codec must not hide itself.
 */

const TYPE = {
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

/** What STATE says of a run. */
export interface RunState {
  epoch: number;
  state: string;
  closeReason?: string;
  exitCode?: number;
  unreachable?: boolean;
}

export type Frame =
  | { type: 'attached'; epoch: number; head: number; from: number; cols: number; rows: number; role: number; lastInputSeq: number }
  | { type: 'output'; offset: number; bytes: Buffer }
  | { type: 'inputAck'; lastApplied: number }
  | { type: 'resize'; cols: number; rows: number }
  | { type: 'gap'; from: number; to: number; reason: string }
  | { type: 'screen'; offset: number; cols: number; rows: number; serialized: string }
  | { type: 'state'; run: RunState }
  | { type: 'ping' | 'pong'; token: number }
  | { type: 'reject'; inputSeq: number; code: string };

export type FrameOf<T extends Frame['type']> = Extract<Frame, { type: T }>;

/** Reads one message of a gateway; throws when it is none of the contract's. */
export function readFrame(message: Buffer): Frame {
  switch (message.readUInt8(0)) {
    case TYPE.attached:
      if (message.length !== 26) throw new Error(`ATTACHED of ${message.length} bytes`);
      return {
        type: 'attached',
        epoch: message.readUInt32BE(1),
        head: message.readUIntBE(5, 6),
        from: message.readUIntBE(11, 6),
        cols: message.readUInt16BE(17),
        rows: message.readUInt16BE(19),
        role: message.readUInt8(21),
        lastInputSeq: message.readUInt32BE(22),
      };
    case TYPE.output:
      return { type: 'output', offset: message.readUIntBE(1, 6), bytes: message.subarray(7) };
    case TYPE.inputAck:
      return { type: 'inputAck', lastApplied: message.readUInt32BE(1) };
    case TYPE.resize:
      return { type: 'resize', cols: message.readUInt16BE(1), rows: message.readUInt16BE(3) };
    case TYPE.gap:
      return { type: 'gap', from: message.readUIntBE(1, 6), to: message.readUIntBE(7, 6), reason: message.toString('utf8', 13) };
    case TYPE.screen:
      return {
        type: 'screen',
        offset: message.readUIntBE(1, 6),
        cols: message.readUInt16BE(7),
        rows: message.readUInt16BE(9),
        serialized: message.toString('utf8', 11),
      };
    case TYPE.state:
      return { type: 'state', run: JSON.parse(message.toString('utf8', 1)) as RunState };
    case TYPE.ping:
      return { type: 'ping', token: message.readUInt32BE(1) };
    case TYPE.pong:
      return { type: 'pong', token: message.readUInt32BE(1) };
    case TYPE.reject:
      return { type: 'reject', inputSeq: message.readUInt32BE(1), code: message.toString('utf8', 5) };
    default:
      throw new Error(`a frame of unknown type ${message.readUInt8(0)}`);
  }
}

export interface Attach {
  haveUpTo?: number;
  cols?: number;
  rows?: number;
  drive?: boolean;
  clientId: string;
}

/** Messages of a client. */
export const write = {
  attach({ haveUpTo = 0, cols = 80, rows = 24, drive = false, clientId }: Attach): Buffer {
    const head = Buffer.alloc(13);
    head.writeUInt8(TYPE.attach, 0);
    head.writeUIntBE(haveUpTo, 1, 6);
    head.writeUInt16BE(cols, 7);
    head.writeUInt16BE(rows, 9);
    head.writeUInt8(drive ? 1 : 0, 11);
    head.writeUInt8(Buffer.byteLength(clientId), 12);
    return Buffer.concat([head, Buffer.from(clientId)]);
  },
  input: (inputSeq: number, bytes: string | Uint8Array): Buffer => Buffer.concat([u32(TYPE.input, inputSeq), Buffer.from(bytes)]),
  ack(parsedUpTo: number): Buffer {
    const frame = Buffer.alloc(7);
    frame.writeUInt8(TYPE.ack, 0);
    frame.writeUIntBE(parsedUpTo, 1, 6);
    return frame;
  },
  resize(cols: number, rows: number): Buffer {
    const frame = Buffer.alloc(5);
    frame.writeUInt8(TYPE.resize, 0);
    frame.writeUInt16BE(cols, 1);
    frame.writeUInt16BE(rows, 3);
    return frame;
  },
  ping: (token: number): Buffer => u32(TYPE.ping, token),
  pong: (token: number): Buffer => u32(TYPE.pong, token),
} as const;

function u32(type: number, value: number): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(value, 1);
  return frame;
}
