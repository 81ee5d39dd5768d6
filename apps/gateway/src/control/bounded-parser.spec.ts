import { Encoder } from 'socket.io-msgpack-parser';
import { describe, expect, it } from 'vitest';
import { Decoder } from './bounded-parser.js';

const read = (message: unknown): unknown => {
  const decoder = new Decoder();
  let read: unknown;
  decoder.on('decoded', (packet) => (read = packet));
  decoder.add(message);
  return read;
};
const encode = (packet: unknown): Buffer => (new Encoder() as unknown as { encode(packet: unknown): Buffer[] }).encode(packet)[0] as Buffer;

describe('Decoder', () => {
  it('reads what a client sends', () => {
    const event = { type: 2, nsp: '/', id: 3, data: ['session.watch', { sessionId: 'x' }], options: { compress: true } };
    expect(read(encode(event))).toEqual(event);
    expect(read(encode({ type: 0, nsp: '/', data: { ticket: 't'.repeat(43) } }))).toMatchObject({ data: { ticket: 't'.repeat(43) } });
    expect(read(encode({ type: 0, nsp: '/', data: undefined }))).toMatchObject({ type: 0 });
  });

  it('T28: allocates nothing for lengths that are only stated', () => {
    const before = process.memoryUsage().rss;
    const stated = [
      [0xdd, 0x01, 0xff, 0xff, 0xff], // 33 million array elements: 268 MB
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xc9, 0xff, 0xff, 0xff, 0xff, 0x00], // an ArrayBuffer of 4 GiB
      [0xc6, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [...Array.from({ length: 10 }, () => [0xdd, 0x01, 0xff, 0xff, 0xff])].flat(),
      Array<number>(16_000).fill(0x91),
    ];
    for (const bytes of stated) expect(() => read(Buffer.from(bytes))).toThrow();
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });

  it('refuses what is not a packet, and names that change objects', () => {
    const refused = [
      null,
      7,
      'text',
      [],
      {},
      { type: 5, nsp: '/', data: [] },
      { type: 2, nsp: 7, data: [] },
      { type: 2, nsp: '/', data: {} },
    ];
    for (const packet of refused) expect(() => read(encode(packet))).toThrow();
    // {"__proto__": {…}}
    expect(() => read(Buffer.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]))).toThrow();
    expect(() => read('2["session.watch"]')).toThrow();
    expect(() => read(Buffer.alloc(0))).toThrow();
  });
});
