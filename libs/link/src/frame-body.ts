import { FrameError } from '@berth/protocol';
import type { PlacedSize } from '@berth/session';

/** Reads a JSON body by its schema. Throws {@link FrameError}; what was sent is never repeated. */
export function readJson<T>(schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } }, body: Buffer): T {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new FrameError('body is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new FrameError('body does not fit its schema');
  return parsed.data;
}

export function readOffset(body: Buffer): number {
  if (body.length < 6) throw new FrameError('offset is cut short');
  return body.readUIntBE(0, 6);
}

/** Offset and the bytes behind it. */
export function readOutput(body: Buffer): { offset: number; bytes: Buffer } {
  return { offset: readOffset(body), bytes: body.subarray(6) };
}

export function readNumber(body: Buffer): number {
  if (body.length < 4) throw new FrameError('number is cut short');
  return body.readUInt32BE(0);
}

export function readSize(body: Buffer): { cols: number; rows: number } {
  if (body.length !== 4) throw new FrameError('size is cut short');
  return { cols: body.readUInt16BE(0), rows: body.readUInt16BE(2) };
}

/** The size from a place on. */
export function readPlacedSize(body: Buffer): PlacedSize {
  if (body.length !== 18) throw new FrameError('size is cut short');
  return { ...readSize(body.subarray(0, 4)), offset: body.readUIntBE(4, 6), sequence: Number(body.readBigUInt64BE(10)) };
}
