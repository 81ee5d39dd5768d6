import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { announcePort } from './announce-port.js';

/** Reference: clients on this side, terminals on the other, Redis pub/sub between. */
const url = process.env['BENCH_REDIS_URL'] ?? '';
const [publisher, subscriber] = [new Redis(url), new Redis(url)];
const clients = new Map<string, (bytes: Buffer) => void>();
subscriber.on('messageBuffer', (channel: Buffer, bytes: Buffer) => clients.get(channel.toString())?.(bytes));

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
announcePort(server);

server.on('connection', (websocket) => {
  const id = randomUUID();
  websocket.once('message', (first) => void open(first as Buffer));
  async function open(argv: Buffer): Promise<void> {
    clients.set(`out:${id}`, (bytes) => websocket.send(bytes));
    await subscriber.subscribe(`out:${id}`);
    websocket.on('message', (data) => void publisher.publish(`in:${id}`, data as Buffer));
    websocket.on('close', () => void publisher.publish('end', id));
    await publisher.publish('open', JSON.stringify({ id, argv: JSON.parse(argv.toString()) as unknown }));
  }
});
