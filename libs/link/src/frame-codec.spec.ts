import { FrameError, LINK_FRAME, MAX_LINK_FRAME } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import type { LinkFrame } from './frame-codec.js';
import { FrameParser, jsonFrame, numberFrame, offsetFrame, sizeFrame } from './frame-codec.js';

const frames = [
  jsonFrame(LINK_FRAME.hello, 0, { some: 'payload' }),
  offsetFrame(LINK_FRAME.output, 7, 2 ** 40, Buffer.from('bytes')),
  numberFrame(LINK_FRAME.credit, 0xffff_ffff, 65_536),
  sizeFrame(9, 80, 24),
];

function parse(chunks: Buffer[]): LinkFrame[] {
  const parser = new FrameParser();
  const found: LinkFrame[] = [];
  for (const chunk of chunks) parser.push(chunk, (frame) => found.push({ ...frame, body: Buffer.from(frame.body) }));
  return found;
}

describe('the frame parser', () => {
  const stream = Buffer.concat(frames);
  const whole = parse([stream]);

  it('finds every frame of a stream', () => {
    expect(whole.map(({ type, channel }) => [type, channel])).toEqual([
      [LINK_FRAME.hello, 0],
      [LINK_FRAME.output, 7],
      [LINK_FRAME.credit, 0xffff_ffff],
      [LINK_FRAME.resize, 9],
    ]);
  });

  it('finds the same frames wherever the stream is cut', () => {
    for (let cut = 1; cut < stream.length; cut++) expect(parse([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(whole);
    expect(parse([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it.each([
    ['too long', (frame: Buffer) => frame.writeUInt32BE(MAX_LINK_FRAME + 1)],
    ['too short', (frame: Buffer) => frame.writeUInt32BE(4)],
    ['of an unknown type', (frame: Buffer) => frame.writeUInt8(99, 4)],
  ])('refuses a frame that is %s', (_what, spoil) => {
    const frame = sizeFrame(1, 80, 24);
    spoil(frame);
    expect(() => parse([frame])).toThrow(FrameError);
  });
});
