import { LINK_FRAME, MAX_LINK_FRAME } from '@berth/protocol';
import { seededBytes, seededRandom, settle, waitFor } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { allocateFrame, OUTPUT_HEADER } from './frame-codec.js';
import { FrameParser } from './frame-parser.js';
import { CONGESTED_BYTES, MAX_UNSENT_BYTES, Outbox } from './outbox.js';

/** A socket that takes bytes when it is told to, and reads them only then. */
class Sink {
  readonly taken: Buffer[] = [];
  writes = 0;
  drained = 0;
  overflows = 0;
  private pending: (() => void)[] = [];
  readonly outbox = new Outbox({
    write: (bytes, done) => {
      this.writes += 1;
      this.pending.push(() => {
        this.taken.push(Buffer.from(bytes));
        done();
      });
    },
    drained: () => (this.drained += 1),
    overflow: () => (this.overflows += 1),
  });

  get idle(): boolean {
    return this.pending.length === 0;
  }

  take(): void {
    this.pending.shift()?.();
  }
}

describe('the outbox', () => {
  it('sends everything in order, whatever its size and however slowly it is taken', async () => {
    const random = seededRandom(5);
    const sink = new Sink();
    const expected: string[] = [];
    for (let i = 0; i < 3_000; i++) {
      const length = random.chance(0.02) ? random.int(0, 400_000) : random.int(0, 2_000);
      if (random.chance(0.5)) {
        sink.outbox.sendOutput(i + 1, i, seededBytes(1, i, length));
        expected.push(`${String(LINK_FRAME.output)} ${String(i + 1)} ${String(length + 6)}`);
      } else {
        sink.outbox.send(allocateFrame(LINK_FRAME.input, i + 1, length));
        expected.push(`${String(LINK_FRAME.input)} ${String(i + 1)} ${String(length)}`);
      }
      if (random.chance(0.05)) await settle();
      if (random.chance(0.2)) sink.take();
    }
    await settle();
    while (!sink.idle) sink.take();
    const found: string[] = [];
    const parser = new FrameParser(MAX_LINK_FRAME);
    for (const bytes of sink.taken) {
      parser.push(bytes, ({ type, channel, body }) => {
        found.push(`${String(type)} ${String(channel)} ${String(body.length)}`);
        if (type === LINK_FRAME.output) expect(Buffer.compare(body.subarray(6), seededBytes(1, channel - 1, body.length - 6))).toBe(0);
      });
    }
    expect(found).toEqual(expected);
    expect(sink.outbox.size).toBe(0);
  });

  it('sends what one turn produced in one write', async () => {
    const sink = new Sink();
    for (let i = 0; i < 50; i++) sink.outbox.send(allocateFrame(LINK_FRAME.ping, 0, 4));
    expect(sink.writes).toBe(0);
    await settle();
    expect(sink.writes).toBe(1);
  });

  it('sends along what can wait, once, behind what leaves and in the same write', async () => {
    const sink = new Sink();
    const rider = () => sink.outbox.send(allocateFrame(LINK_FRAME.inputAck, 9, 4));
    sink.outbox.along(rider);
    sink.outbox.along(rider);
    await settle();
    expect(sink.writes).toBe(0);
    sink.outbox.sendOutput(1, 0, seededBytes(1, 0, 10));
    await settle();
    sink.take();
    expect(sink.writes).toBe(1);
    const found: number[] = [];
    for (const bytes of sink.taken) new FrameParser(MAX_LINK_FRAME).push(bytes, ({ channel }) => found.push(channel));
    expect(found).toEqual([1, 9]);
  });

  it('lets go alone what found no company', async () => {
    const sink = new Sink();
    for (let i = 1; i <= 2; i++) {
      sink.outbox.along(() => sink.outbox.send(allocateFrame(LINK_FRAME.inputAck, i, 4)));
      await waitFor(() => sink.writes === i);
      sink.take();
    }
    expect(sink.taken.map(({ length }) => length)).toEqual([13, 13]);
  });

  it('hands over what waits for company when the socket ends', () => {
    const sink = new Sink();
    sink.outbox.along(() => sink.outbox.send(allocateFrame(LINK_FRAME.inputAck, 1, 4)));
    sink.outbox.flushAll();
    sink.take();
    expect(sink.taken.map(({ length }) => length)).toEqual([13]);
  });

  it('is congested until half of what is too much has gone', async () => {
    const sink = new Sink();
    const chunk = new Uint8Array(65_536 - OUTPUT_HEADER);
    for (let sent = 0; sent < CONGESTED_BYTES - 65_536; sent += 65_536) sink.outbox.sendOutput(1, 0, chunk);
    expect(sink.outbox.congested).toBe(false);
    sink.outbox.sendOutput(1, 0, chunk);
    expect(sink.outbox.congested).toBe(true);
    await settle();
    while (sink.outbox.size > CONGESTED_BYTES / 2) {
      expect(sink.outbox.congested).toBe(true);
      sink.take();
    }
    expect([sink.outbox.congested, sink.drained]).toEqual([false, 1]);
  });

  it('reports once too much is unsent', () => {
    const sink = new Sink();
    const frame = allocateFrame(LINK_FRAME.input, 1, 1_000_000);
    for (let sent = 0; sent + frame.length <= MAX_UNSENT_BYTES; sent += frame.length) sink.outbox.send(frame);
    expect(sink.overflows).toBe(0);
    sink.outbox.send(frame);
    expect(sink.overflows).toBe(1);
  });
});
