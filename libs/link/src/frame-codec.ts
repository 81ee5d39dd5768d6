import type { LinkFrameType } from '@berth/protocol';
import { FrameError, LINK_FRAME, MAX_LINK_FRAME } from '@berth/protocol';

/** `u32 length | u8 type | u32 channel`. */
const HEADER = 9;
const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(LINK_FRAME));

/** One frame: `body` is a view that is valid in the turn of its delivery only. */
export interface LinkFrame {
  type: LinkFrameType;
  channel: number;
  body: Buffer;
}

/** A frame with a body of `bodyLength` bytes that the caller fills in from {@link BODY_AT} on. */
export function allocateFrame(type: LinkFrameType, channel: number, bodyLength: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + bodyLength);
  frame.writeUInt32BE(HEADER - 4 + bodyLength, 0);
  frame[4] = type;
  frame.writeUInt32BE(channel, 5);
  return frame;
}

/** Where the body of a frame begins. */
export const BODY_AT = HEADER;

export function jsonFrame(type: LinkFrameType, channel: number, payload: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(payload));
  const frame = allocateFrame(type, channel, body.length);
  body.copy(frame, BODY_AT);
  return frame;
}

/** An offset, then bytes if there are any. */
export function offsetFrame(type: LinkFrameType, channel: number, offset: number, bytes?: Uint8Array): Buffer {
  const frame = allocateFrame(type, channel, 6 + (bytes?.length ?? 0));
  frame.writeUIntBE(offset, BODY_AT, 6);
  if (bytes) frame.set(bytes, BODY_AT + 6);
  return frame;
}

/** A 32-bit number, then bytes if there are any. */
export function numberFrame(type: LinkFrameType, channel: number, value: number, bytes?: Uint8Array): Buffer {
  const frame = allocateFrame(type, channel, 4 + (bytes?.length ?? 0));
  frame.writeUInt32BE(value, BODY_AT);
  if (bytes) frame.set(bytes, BODY_AT + 4);
  return frame;
}

export function sizeFrame(channel: number, cols: number, rows: number): Buffer {
  const frame = allocateFrame(LINK_FRAME.resize, channel, 4);
  frame.writeUInt16BE(cols, BODY_AT);
  frame.writeUInt16BE(rows, BODY_AT + 2);
  return frame;
}

/**
 * Cuts a byte stream into frames, however it arrives. Throws {@link FrameError} on a length or type that the protocol does not have;
 * the connection is then beyond repair.
 */
export class FrameParser {
  private pieces: Buffer[] = [];
  private size = 0;
  /** Bytes needed before another look is worth it. */
  private needed = HEADER;

  push(chunk: Buffer, deliver: (frame: LinkFrame) => void): void {
    this.pieces.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return;
    const bytes = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces, this.size);
    let at = 0;
    this.needed = HEADER;
    while (bytes.length - at >= HEADER) {
      const end = at + 4 + frameLength(bytes.readUInt32BE(at));
      if (end > bytes.length) {
        this.needed = end - at;
        break;
      }
      deliver(frameAt(bytes, at, end));
      at = end;
    }
    this.pieces = at === bytes.length ? [] : [bytes.subarray(at)];
    this.size = bytes.length - at;
  }
}

function frameLength(length: number): number {
  if (length < HEADER - 4 || length > MAX_LINK_FRAME) throw new FrameError('frame length is out of range');
  return length;
}

function frameAt(bytes: Buffer, at: number, end: number): LinkFrame {
  const type = bytes[at + 4] ?? 0;
  if (!KNOWN_TYPES.has(type)) throw new FrameError('unknown frame type');
  return { type: type as LinkFrameType, channel: bytes.readUInt32BE(at + 5), body: bytes.subarray(at + HEADER, end) };
}
