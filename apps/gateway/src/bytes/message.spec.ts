import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerFrame } from '@berth/protocol';
import { decodeServerFrame } from '@berth/protocol';
import { seededBytes } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { message } from './message.js';

const http = createServer();
const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
let client: WebSocket;
let socket: Duplex;

beforeAll(async () => {
  const accepted = new Promise<void>((resolve) => {
    http.on('upgrade', (request, raw: Duplex, head) => {
      socket = raw;
      websockets.handleUpgrade(request, raw, head, () => resolve());
    });
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  client = new WebSocket(`ws://127.0.0.1:${String((http.address() as AddressInfo).port)}/`);
  await Promise.all([accepted, once(client, 'open')]);
});

afterAll(() => {
  client.terminate();
  http.close();
});

/** What a client's WebSocket makes of a message. */
async function received(bytes: Buffer): Promise<{ frame: ServerFrame; binary: boolean }> {
  const heard = once(client, 'message') as Promise<[Buffer, boolean]>;
  socket.write(bytes);
  const [data, binary] = await heard;
  return { frame: decodeServerFrame(new Uint8Array(data)), binary };
}

describe('a message of the byte socket', () => {
  it.each([0, 1, 118, 119, 65_528, 65_529, 300_000])('is one binary frame that a client reads: %i bytes of output', async (length) => {
    const data = seededBytes(3, 0, length);
    const { frame, binary } = await received(message({ type: 'output', offset: 2 ** 40 + 7, data }));
    expect(binary).toBe(true);
    expect(frame).toMatchObject({ type: 'output', offset: 2 ** 40 + 7 });
    expect(frame.type === 'output' && Buffer.compare(frame.data, data)).toBe(0);
  });

  it.each<ServerFrame>([
    { type: 'inputAck', lastApplied: 5 },
    { type: 'screen', offset: 12, cols: 80, rows: 24, serialized: seededBytes(4, 0, 70_000) },
    { type: 'gap', from: 1, to: 2 ** 33, reason: 'x'.repeat(120) },
  ])('carries every other frame as it is: $type', async (frame) => {
    expect((await received(message(frame))).frame).toEqual(frame);
  });
});
