import { FrameError, LINK_FRAME } from '@berth/protocol';
import { FRAME_HEADER } from './frame-codec.js';

const LENGTH_BYTES = 4;
/** The buffer for frames that arrive in pieces grows in steps of this size, and is given back once it is larger. */
const ASSEMBLY_BYTES = 128 * 1024;
const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(LINK_FRAME));
const NOTHING = Buffer.alloc(0);

/** One frame: `type` is one of LINK_FRAME, `body` a view that is valid in the turn of its delivery only. */
export interface LinkFrame {
  type: number;
  channel: number;
  body: Buffer;
}

/**
 * Cuts a byte stream into frames, however it arrives. A frame that lies whole in a chunk is delivered without a copy. Throws
 * {@link FrameError} on a length or type that the protocol does not have; the connection is then beyond repair.
 */
export class FrameParser {
  private assembly = NOTHING;
  private held = 0;

  /** `maxFrame`: largest length that is accepted; more is never held. */
  constructor(public maxFrame: number) {}

  push(chunk: Buffer, deliver: (frame: LinkFrame) => void): void {
    let at = this.held === 0 ? 0 : this.complete(chunk, deliver);
    while (chunk.length - at >= LENGTH_BYTES) {
      const end = at + this.sizeAt(chunk, at);
      if (end > chunk.length) break;
      deliver(frameAt(chunk, at, end));
      at = end;
    }
    if (at < chunk.length) this.hold(chunk, at, chunk.length - at);
  }

  /** Fills up the frame that is held with the begin of a chunk; returns where the chunk's next frame begins. */
  private complete(chunk: Buffer, deliver: (frame: LinkFrame) => void): number {
    let at = this.hold(chunk, 0, LENGTH_BYTES - this.held);
    if (this.held < LENGTH_BYTES) return at;
    const size = this.sizeAt(this.assembly, 0);
    at = this.hold(chunk, at, size - this.held);
    if (this.held < size) return at;
    this.held = 0;
    const frame = frameAt(this.assembly, 0, size);
    if (this.assembly.length > ASSEMBLY_BYTES) this.assembly = NOTHING;
    deliver(frame);
    return at;
  }

  /** Keeps up to `count` bytes of a chunk; returns where it goes on. */
  private hold(chunk: Buffer, at: number, count: number): number {
    const taken = Math.max(0, Math.min(count, chunk.length - at));
    if (this.held + taken > this.assembly.length) this.grow(this.held + taken);
    chunk.copy(this.assembly, this.held, at, at + taken);
    this.held += taken;
    return at + taken;
  }

  private grow(needed: number): void {
    const held = this.assembly;
    this.assembly = Buffer.allocUnsafe(Math.ceil(needed / ASSEMBLY_BYTES) * ASSEMBLY_BYTES);
    held.copy(this.assembly, 0, 0, this.held);
  }

  /** Bytes of the frame that begins at `at`, its length field included. */
  private sizeAt(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at);
    if (length < FRAME_HEADER - LENGTH_BYTES || length > this.maxFrame) throw new FrameError('frame length is out of range');
    return LENGTH_BYTES + length;
  }
}

function frameAt(bytes: Buffer, at: number, end: number): LinkFrame {
  const type = bytes[at + LENGTH_BYTES] ?? 0;
  if (!KNOWN_TYPES.has(type)) throw new FrameError('unknown frame type');
  return { type, channel: bytes.readUInt32BE(at + 5), body: bytes.subarray(at + FRAME_HEADER, end) };
}
