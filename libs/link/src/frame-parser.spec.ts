import { FrameError, LINK_FRAME, MAX_LINK_FRAME } from '@berth/protocol';
import { seededBytes, seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import {
  FRAME_HEADER,
  OUTPUT_HEADER,
  allocateFrame,
  jsonFrame,
  numberFrame,
  offsetFrame,
  sizeFrame,
  writeOutputFrame,
} from './frame-codec.js';
import type { LinkFrame } from './frame-parser.js';
import { FrameParser } from './frame-parser.js';

function outputFrame(channel: number, offset: number, bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(OUTPUT_HEADER + bytes.length);
  writeOutputFrame(frame, 0, { channel, offset, bytes });
  return frame;
}

/** Delivers a copy of every frame: the parser's views do not outlive their turn. */
function parse(chunks: Iterable<Buffer>): LinkFrame[] {
  const parser = new FrameParser(MAX_LINK_FRAME);
  const found: LinkFrame[] = [];
  for (const chunk of chunks) {
    parser.push(chunk, (frame) => found.push({ ...frame, body: Buffer.from(frame.body) }));
    // What a socket does with the memory that it reads into.
    chunk.fill(0xee);
  }
  return found;
}

describe('the frame parser', () => {
  const stream = Buffer.concat([
    jsonFrame(LINK_FRAME.hello, 0, { some: 'payload' }),
    outputFrame(7, 2 ** 40, Buffer.from('bytes')),
    allocateFrame(LINK_FRAME.notOwner, 8, 0),
    offsetFrame(LINK_FRAME.join, 8, 2 ** 48 - 1),
    numberFrame(LINK_FRAME.credit, 0xffff_ffff, 65_536),
    sizeFrame(9, 80, 24),
  ]);
  const whole = parse([Buffer.from(stream)]);

  it('finds every frame of a stream', () => {
    expect(whole.map(({ type, channel, body }) => [type, channel, body.length])).toEqual([
      [LINK_FRAME.hello, 0, 18],
      [LINK_FRAME.output, 7, 11],
      [LINK_FRAME.notOwner, 8, 0],
      [LINK_FRAME.join, 8, 6],
      [LINK_FRAME.credit, 0xffff_ffff, 4],
      [LINK_FRAME.resize, 9, 4],
    ]);
    expect(whole[1]?.body.subarray(6).toString()).toBe('bytes');
  });

  it('finds the same frames wherever the stream is cut', () => {
    for (let cut = 1; cut < stream.length; cut++) {
      expect(parse([Buffer.from(stream.subarray(0, cut)), Buffer.from(stream.subarray(cut))])).toEqual(whole);
    }
    expect(parse([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('finds the same frames in any chunks, small and large', () => {
    const random = seededRandom(20);
    for (let round = 0; round < 30; round++) {
      const frames = Array.from({ length: random.int(1, 40) }, () => {
        const length = random.chance(0.1) ? random.int(0, 300_000) : random.int(0, 3_000);
        return outputFrame(random.int(1, 0xffff_ffff), random.int(0, 2 ** 40), seededBytes(round, 0, length));
      });
      const bytes = Buffer.concat(frames);
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const end = at + (random.chance(0.3) ? random.int(1, 12) : random.int(1, 100_000));
        chunks.push(Buffer.from(bytes.subarray(at, end)));
        at = end;
      }
      expect(
        Buffer.concat(parse(chunks).map(({ channel, body }) => outputFrame(channel, body.readUIntBE(0, 6), body.subarray(6)))),
      ).toEqual(bytes);
    }
  });

  it('answers noise with frames or a FrameError, and holds no more than one frame of it', () => {
    const random = seededRandom(21);
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const parser = new FrameParser(64);
      const noise = Buffer.from(
        Array.from({ length: random.int(1, 80) }, () => (random.chance(0.6) ? random.int(0, 30) % 25 : random.int(0, 255))),
      );
      if (random.chance(0.8)) noise.fill(0, 0, Math.min(3, noise.length));
      try {
        parser.push(noise.subarray(0, 20), ({ body }) => expect(body.length).toBeLessThanOrEqual(64));
        parser.push(noise.subarray(20), ({ body }) => expect(body.length).toBeLessThanOrEqual(64));
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });

  it.each([
    ['too long', (frame: Buffer) => frame.writeUInt32BE(MAX_LINK_FRAME + 1)],
    ['too short', (frame: Buffer) => frame.writeUInt32BE(FRAME_HEADER - 5)],
    ['of an unknown type', (frame: Buffer) => frame.writeUInt8(99, 4)],
  ])('refuses a frame that is %s', (_what, spoil) => {
    const frame = sizeFrame(1, 80, 24);
    spoil(frame);
    expect(() => parse([frame])).toThrow(FrameError);
  });

  it('takes the largest frame, and nothing larger than a stranger may send', () => {
    const largest = allocateFrame(LINK_FRAME.input, 1, MAX_LINK_FRAME - 5);
    expect(parse([largest.subarray(0, 100), largest.subarray(100)])).toHaveLength(1);
    const stranger = new FrameParser(4_096);
    expect(() => stranger.push(allocateFrame(LINK_FRAME.hello, 0, 4_092), () => undefined)).toThrow(FrameError);
  });
});
