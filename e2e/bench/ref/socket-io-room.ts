import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Server } from 'socket.io';
import * as msgpack from 'socket.io-msgpack-parser';

/** Reference: one socket.io room, to which the parent has messages sent. With `ROOM_PARSER=msgpack` a message is one frame, else, as installed, two. */
const http = createServer();
const parser = process.env['ROOM_PARSER'] === 'msgpack' ? { parser: msgpack } : {};
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false, ...parser });
io.on('connection', (socket) => void socket.join('room'));
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

interface Order {
  deliver?: { bytes: number; everyMs: number; times: number };
  collect?: boolean;
}

process.on('message', ({ deliver, collect: garbage }: Order) => {
  if (garbage) {
    // Twice: what finalizers let go is garbage only then.
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ live: heapUsed + external });
  }
  if (!deliver) return;
  const payload = Buffer.alloc(deliver.bytes, 'x');
  let left = deliver.times;
  const timer = setInterval(() => {
    io.to('room').emit('output', payload);
    left -= 1;
    if (left === 0) clearInterval(timer);
  }, deliver.everyMs);
});
