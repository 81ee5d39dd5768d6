import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import parser from 'socket.io-msgpack-parser';

/** Reference: one socket.io room, to which the parent has messages sent. */
const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false, parser });
io.on('connection', (socket) => void socket.join('room'));
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }));

interface Order {
  bytes: number;
  everyMs: number;
  times: number;
}

process.on('message', (order: Order) => {
  const payload = Buffer.alloc(order.bytes, 'x');
  let left = order.times;
  const timer = setInterval(() => {
    io.to('room').emit('output', payload);
    left -= 1;
    if (left === 0) clearInterval(timer);
  }, order.everyMs);
});
