import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { waitFor } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { MAX_BUFFERED } from './limits.js';
import { message } from './message.js';
import { monotonicClock } from './monotonic-clock.js';
import { ViewerSocket } from './viewer-socket.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const PIECE = 64 * KIB;

let http: Server;
let client: WebSocket;
let viewer: ViewerSocket;
let ends: boolean[];

beforeEach(async () => {
  ends = [];
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http = createServer();
  const accepted = new Promise<void>((resolve) => {
    http.on('upgrade', (request, socket: Socket, head) =>
      websockets.handleUpgrade(request, socket, head, (websocket) => {
        viewer = new ViewerSocket({ websocket, socket }, monotonicClock, (lost) => ends.push(lost));
        viewer.start(() => undefined);
        resolve();
      }),
    );
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  client = new WebSocket(`ws://127.0.0.1:${String((http.address() as AddressInfo).port)}`, { autoPong: false });
  await Promise.all([once(client, 'open'), accepted]);
});

afterEach(async () => {
  client.terminate();
  await waitFor(() => ends.length === 1, 5_000, 'its end is told once');
  http.close();
});

/** Sends up to `bytes`, a message a turn, for as long as it is taken; the most that waited meanwhile. */
async function flood(bytes: number): Promise<number> {
  let most = 0;
  for (let offset = 0; offset < bytes && viewer.open; offset += PIECE) {
    viewer.send(message({ type: 'output', offset, data: new Uint8Array(PIECE) }));
    most = Math.max(most, viewer.buffered);
    await nextTurn();
  }
  return most;
}

describe('the socket of a viewer', () => {
  it('holds so much for a client that reads nothing, and lets it go then', async () => {
    client.pause();
    const closed = once(client, 'close');
    const most = await flood(64 * MIB);
    expect(most).toBeGreaterThan(MAX_BUFFERED);
    expect(most).toBeLessThan(MAX_BUFFERED + 2 * PIECE);
    expect(viewer.open).toBe(false);
    client.resume();
    expect((await closed)[0]).toBe(4408);
  });

  it('takes the answer to the ping that asked for a proof, and none to an earlier one', async () => {
    const pings: Buffer[] = [];
    client.on('ping', (data: Buffer) => pings.push(data));
    const proofs: string[] = [];
    viewer.proveAlive(() => proofs.push('earlier'));
    viewer.proveAlive(() => proofs.push('later'));
    await waitFor(() => pings.length === 2);
    for (const answer of [Buffer.alloc(0), Buffer.alloc(4), Buffer.alloc(8), pings[0]]) client.pong(answer);
    await waitFor(() => proofs.length > 0);
    expect(proofs).toEqual(['earlier']);
    client.pong(pings[1]);
    await waitFor(() => proofs.length === 2);
    expect(proofs).toEqual(['earlier', 'later']);
  });

  it('holds no client up that reads, however much there is', async () => {
    let received = 0;
    client.on('message', (data: Buffer) => (received += data.length));
    // As clients do: no more is under way than a window.
    for (let sent = 0; sent < 16 * MIB; sent += MAX_BUFFERED / 2) {
      await flood(MAX_BUFFERED / 2);
      await waitFor(() => received >= sent, 5_000, 'the client has read');
    }
    expect(viewer.open).toBe(true);
  });
});
