import { describe, expect, it } from 'vitest';
import { MAX_OFFSET } from '../limits.js';
import { FrameError } from './byte-reader.js';
import { decodeClientFrame, decodeServerFrame } from './decode.js';
import { encodeClientFrame, encodeServerFrame } from './encode.js';
import type { ClientFrame, ServerFrame } from './frames.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

const clientFrames: ClientFrame[] = [
  { type: 'attach', haveUpTo: MAX_OFFSET, cols: 1000, rows: 500, wantsDrive: true, clientId: 'a'.repeat(64) },
  { type: 'attach', haveUpTo: 0, cols: 2, rows: 1, wantsDrive: false, clientId: 'tab-1' },
  { type: 'input', inputSeq: 0xffff_ffff, data: bytes(0, 255, 27) },
  { type: 'input', inputSeq: 1, data: bytes() },
  { type: 'ack', parsedUpTo: 2 ** 32 + 1 },
  { type: 'resize', cols: 80, rows: 24 },
  { type: 'ping', token: 7 },
  { type: 'pong', token: 0xffff_ffff },
];

const serverFrames: ServerFrame[] = [
  { type: 'attached', epoch: 3, head: MAX_OFFSET, from: 2 ** 40, cols: 80, rows: 24, role: 1, lastInputSeq: 9 },
  { type: 'output', offset: 2 ** 32 - 1, data: bytes(1, 2, 3) },
  { type: 'inputAck', lastApplied: 5 },
  { type: 'resize', cols: 120, rows: 40 },
  { type: 'gap', from: 1, to: 2 ** 33, reason: 'pruned' },
  { type: 'screen', offset: 12, cols: 80, rows: 24, serialized: bytes(0xc3, 0xbc, 27, 0x63, 0) },
  { type: 'state', state: { epoch: 2, state: 'closed', closeReason: 'exited', exitCode: 0 } },
  { type: 'ping', token: 1 },
  { type: 'pong', token: 2 },
  { type: 'reject', inputSeq: 4, code: 'input_full' },
];

describe('frames of the byte socket', () => {
  it.each(clientFrames)('reads back what a client wrote: $type', (frame) => {
    expect(decodeClientFrame(encodeClientFrame(frame))).toEqual(frame);
  });

  it.each(serverFrames)('reads back what the server wrote: $type', (frame) => {
    expect(decodeServerFrame(encodeServerFrame(frame))).toEqual(frame);
  });

  it.each(clientFrames.filter((frame) => frame.type !== 'input'))(
    'refuses every prefix of a client frame and anything behind it: $type',
    (frame) => {
      const whole = encodeClientFrame(frame);
      for (let length = 0; length < whole.length; length++) {
        expect(() => decodeClientFrame(whole.subarray(0, length))).toThrow(FrameError);
      }
      expect(() => decodeClientFrame(bytes(...whole, 0))).toThrow(FrameError);
    },
  );

  it('has the layout of the public contract', () => {
    expect([
      ...encodeClientFrame({ type: 'attach', haveUpTo: 0x010203040506, cols: 80, rows: 24, wantsDrive: true, clientId: 'ab' }),
    ]).toEqual([1, 1, 2, 3, 4, 5, 6, 0, 80, 0, 24, 1, 2, 97, 98]);
    expect([...encodeServerFrame({ type: 'output', offset: 0x010203040506, data: bytes(9) })]).toEqual([3, 1, 2, 3, 4, 5, 6, 9]);
  });

  it.each([
    ['an unknown type', bytes(99)],
    ['a frame of the server', bytes(3, 0, 0, 0, 0, 0, 0)],
    ['no columns', bytes(7, 0, 0, 0, 24)],
    ['too many columns', bytes(7, 0x03, 0xe9, 0, 24)],
    ['no rows', bytes(7, 0, 80, 0, 0)],
    ['too many rows', bytes(7, 0, 80, 0x01, 0xf5)],
    ['an unknown flag', bytes(1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 24, 2, 1, 97)],
    ['an empty client id', bytes(1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 24, 0, 0)],
    ['a client id with a colon', bytes(1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 24, 0, 1, 58)],
    ['a client id that is not UTF-8', bytes(1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 24, 0, 1, 0xff)],
    ['input number zero', bytes(4, 0, 0, 0, 0, 65)],
  ])('refuses %s', (_what, message) => {
    expect(() => decodeClientFrame(message)).toThrow(FrameError);
  });

  it('never echoes what it refused', () => {
    const secret = 'sk-secret:';
    const message = encodeClientFrame({ type: 'attach', haveUpTo: 0, cols: 80, rows: 24, wantsDrive: false, clientId: secret });
    expect(() => decodeClientFrame(message)).toThrow(/^clientId must be/);
  });
});
