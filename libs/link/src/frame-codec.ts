import type { LinkFrameType } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { PlacedSize } from '@berth/session';

/** Bytes before the body: `u32 length | u8 type | u32 channel`; the length counts all that follows it. */
export const FRAME_HEADER = 9;
/** Bytes of an OUTPUT frame before its output: the header and a `u48 offset`. */
export const OUTPUT_HEADER = FRAME_HEADER + 6;

/** A frame with a body of `bodyLength` bytes that the caller fills in from {@link FRAME_HEADER} on. */
export function allocateFrame(type: LinkFrameType, channel: number, bodyLength: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER + bodyLength);
  writeHeader(frame, 0, { type, channel, bodyLength });
  return frame;
}

/** Writes an OUTPUT frame at `at` of a buffer that has room for {@link OUTPUT_HEADER} and the bytes. */
export function writeOutputFrame(into: Buffer, at: number, output: { channel: number; offset: number; bytes: Uint8Array }): void {
  writeHeader(into, at, { type: LINK_FRAME.output, channel: output.channel, bodyLength: 6 + output.bytes.length });
  into.writeUIntBE(output.offset, at + FRAME_HEADER, 6);
  into.set(output.bytes, at + OUTPUT_HEADER);
}

export function jsonFrame(type: LinkFrameType, channel: number, payload: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(payload));
  const frame = allocateFrame(type, channel, body.length);
  body.copy(frame, FRAME_HEADER);
  return frame;
}

/** An offset alone: JOIN, BEHIND, ACK. */
export function offsetFrame(type: LinkFrameType, channel: number, offset: number): Buffer {
  const frame = allocateFrame(type, channel, 6);
  frame.writeUIntBE(offset, FRAME_HEADER, 6);
  return frame;
}

/** A 32-bit number, then bytes if there are any. */
export function numberFrame(type: LinkFrameType, channel: number, value: number, bytes?: Uint8Array): Buffer {
  const frame = allocateFrame(type, channel, 4 + (bytes?.length ?? 0));
  frame.writeUInt32BE(value, FRAME_HEADER);
  if (bytes) frame.set(bytes, FRAME_HEADER + 4);
  return frame;
}

export function sizeFrame(channel: number, cols: number, rows: number): Buffer {
  const frame = allocateFrame(LINK_FRAME.resize, channel, 4);
  frame.writeUInt16BE(cols, FRAME_HEADER);
  frame.writeUInt16BE(rows, FRAME_HEADER + 2);
  return frame;
}

/** The size from a place on. */
export function placedSizeFrame(channel: number, { cols, rows, offset, sequence }: PlacedSize): Buffer {
  const frame = allocateFrame(LINK_FRAME.resize, channel, 18);
  frame.writeUInt16BE(cols, FRAME_HEADER);
  frame.writeUInt16BE(rows, FRAME_HEADER + 2);
  frame.writeUIntBE(offset, FRAME_HEADER + 4, 6);
  frame.writeBigUInt64BE(BigInt(sequence), FRAME_HEADER + 10);
  return frame;
}

function writeHeader(into: Buffer, at: number, { type, channel, bodyLength }: { type: number; channel: number; bodyLength: number }): void {
  into.writeUInt32BE(FRAME_HEADER - 4 + bodyLength, at);
  into[at + 4] = type;
  into.writeUInt32BE(channel, at + 5);
}
