import type { ServerFrame } from '@berth/protocol';
import { FRAME, encodeServerFrame } from '@berth/protocol';

/** First byte of a WebSocket frame: one whole binary message. */
const FINAL_BINARY = 0x82;
/** Type and `u48 offset` before the bytes of an OUTPUT frame. */
const OUTPUT_HEADER = 7;

/** A frame as the WebSocket carries it, its header included: one piece, which goes to any number of clients in one write each. */
export function message(frame: ServerFrame): Buffer {
  if (frame.type === 'output') return outputMessage(frame.offset, frame.data);
  const payload = encodeServerFrame(frame);
  const { bytes, at } = allocate(payload.length);
  bytes.set(payload, at);
  return bytes;
}

/** The message of an OUTPUT frame, with a copy of `data`. */
export function outputMessage(offset: number, data: Uint8Array): Buffer {
  const { bytes, at } = allocate(OUTPUT_HEADER + data.length);
  bytes[at] = FRAME.output;
  bytes.writeUIntBE(offset, at + 1, 6);
  bytes.set(data, at + OUTPUT_HEADER);
  return bytes;
}

/** Room for a payload at `at`, behind the header that a server's frame of this length has: never masked, never compressed. */
function allocate(length: number): { bytes: Buffer; at: number } {
  const at = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  // Memory of its own: from the shared pool, a small message that waits for a stalled client would hold 8 KiB.
  const bytes = Buffer.allocUnsafeSlow(at + length);
  bytes[0] = FINAL_BINARY;
  if (at === 2) bytes[1] = length;
  else if (at === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeUInt32BE(0, 2);
    bytes.writeUInt32BE(length, 6);
  }
  return { bytes, at };
}
