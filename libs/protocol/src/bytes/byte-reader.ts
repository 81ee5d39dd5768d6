/** What a frame decoder throws: the frame is not one of the protocol. The message names the field, never its content. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads big-endian fields of one message in order; reading past its end throws {@link FrameError}. */
export class ByteReader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(field: string): number {
    return this.view.getUint8(this.take(1, field));
  }

  u16(field: string): number {
    return this.view.getUint16(this.take(2, field));
  }

  u32(field: string): number {
    return this.view.getUint32(this.take(4, field));
  }

  u48(field: string): number {
    const at = this.take(6, field);
    return this.view.getUint16(at) * 2 ** 32 + this.view.getUint32(at + 2);
  }

  /** The next n bytes as a view, without a copy. */
  slice(n: number, field: string): Uint8Array {
    const at = this.take(n, field);
    return this.bytes.subarray(at, at + n);
  }

  /** All that is left as a view, without a copy. */
  rest(): Uint8Array {
    const view = this.bytes.subarray(this.at);
    this.at = this.bytes.length;
    return view;
  }

  utf8(bytes: Uint8Array, field: string): string {
    try {
      return decoder.decode(bytes);
    } catch {
      throw new FrameError(`${field} is not UTF-8`);
    }
  }

  /** Refuses what stands behind the last field. */
  end(): void {
    if (this.at !== this.bytes.length) throw new FrameError('bytes after the last field');
  }

  private take(n: number, field: string): number {
    const at = this.at;
    if (at + n > this.bytes.length) throw new FrameError(`${field} is missing or cut short`);
    this.at = at + n;
    return at;
  }
}
