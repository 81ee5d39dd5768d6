import { ByteWriter, utf8 } from './byte-writer.js';
import type { ClientFrame, ServerFrame } from './frames.js';
import { FRAME } from './frames.js';

type Encoded = Uint8Array<ArrayBuffer>;

const token = (type: number, value: number): Encoded => new ByteWriter(5).u8(type).u32(value).bytes;
const resize = (cols: number, rows: number): Encoded => new ByteWriter(5).u8(FRAME.resize).u16(cols).u16(rows).bytes;

/** One binary message for a frame of a client. */
export function encodeClientFrame(frame: ClientFrame): Encoded {
  switch (frame.type) {
    case 'attach': {
      const clientId = utf8(frame.clientId);
      return new ByteWriter(13 + clientId.length)
        .u8(FRAME.attach)
        .u48(frame.haveUpTo)
        .u16(frame.cols)
        .u16(frame.rows)
        .u8(frame.wantsDrive ? 1 : 0)
        .u8(clientId.length)
        .put(clientId).bytes;
    }
    case 'input':
      return new ByteWriter(5 + frame.data.length).u8(FRAME.input).u32(frame.inputSeq).put(frame.data).bytes;
    case 'ack':
      return new ByteWriter(7).u8(FRAME.ack).u48(frame.parsedUpTo).bytes;
    case 'resize':
      return resize(frame.cols, frame.rows);
    case 'ping':
      return token(FRAME.ping, frame.token);
    case 'pong':
      return token(FRAME.pong, frame.token);
  }
}

/** One binary message for a frame of the server. */
export function encodeServerFrame(frame: ServerFrame): Encoded {
  switch (frame.type) {
    case 'attached':
      return new ByteWriter(26)
        .u8(FRAME.attached)
        .u32(frame.epoch)
        .u48(frame.head)
        .u48(frame.from)
        .u16(frame.cols)
        .u16(frame.rows)
        .u8(frame.role)
        .u32(frame.lastInputSeq).bytes;
    case 'output':
      return new ByteWriter(7 + frame.data.length).u8(FRAME.output).u48(frame.offset).put(frame.data).bytes;
    case 'inputAck':
      return token(FRAME.inputAck, frame.lastApplied);
    case 'resize':
      return resize(frame.cols, frame.rows);
    case 'gap': {
      const reason = utf8(frame.reason);
      return new ByteWriter(13 + reason.length).u8(FRAME.gap).u48(frame.from).u48(frame.to).put(reason).bytes;
    }
    case 'screen': {
      const { offset, cols, rows, serialized } = frame;
      return new ByteWriter(11 + serialized.length).u8(FRAME.screen).u48(offset).u16(cols).u16(rows).put(serialized).bytes;
    }
    case 'state': {
      const json = utf8(JSON.stringify(frame.state));
      return new ByteWriter(1 + json.length).u8(FRAME.state).put(json).bytes;
    }
    case 'ping':
      return token(FRAME.ping, frame.token);
    case 'pong':
      return token(FRAME.pong, frame.token);
    case 'reject': {
      const code = utf8(frame.code);
      return new ByteWriter(5 + code.length).u8(FRAME.reject).u32(frame.inputSeq).put(code).bytes;
    }
  }
}
