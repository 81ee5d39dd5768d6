import { once } from 'node:events';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import * as msgpack from 'socket.io-msgpack-parser';
import { within } from '../../harness/eventually.js';
import { ReferenceProcess } from './reference.js';

const DELIVERED_MS = 60_000;

/** What the room's server is to send to everybody in it. */
interface Delivery {
  bytes: number;
  everyMs: number;
  times: number;
}

/** A socket.io room in a process of its own, and its clients in this one. */
interface Room {
  name: string;
  pid: number;
  /** Adds a client; returns how it leaves. */
  join(): Promise<() => void>;
  /** Resolves when everybody has everything. */
  deliver(delivery: Delivery): Promise<void>;
  /** Has the server collect its garbage; bytes that are left. */
  collect(): Promise<number>;
  close(): Promise<void>;
}

/** `msgpack`: with the parser that makes one frame of a message; socket.io's own makes two of one that holds bytes. */
export async function openRoom(parser?: 'msgpack'): Promise<Room> {
  const server = await ReferenceProcess.start('socket-io-room', parser ? { ROOM_PARSER: parser } : {});
  const options = { transports: ['websocket'], forceNew: true, ...(parser ? { parser: msgpack } : {}) };
  const sockets: Socket[] = [];
  let left = 0;
  let delivered = (): void => undefined;
  return {
    name: parser ? `socket.io room, ${parser}` : 'socket.io room',
    pid: server.pid,
    async join() {
      const socket = io(`http://127.0.0.1:${server.port}`, options);
      sockets.push(socket);
      socket.on('output', () => {
        left -= 1;
        if (left === 0) delivered();
      });
      await once(socket as unknown as NodeJS.EventEmitter, 'connect');
      return () => void socket.disconnect();
    },
    async deliver(delivery) {
      left = sockets.length * delivery.times;
      const all = new Promise<void>((resolve) => (delivered = resolve));
      server.send({ deliver: delivery });
      await within(DELIVERED_MS, 'everything is delivered', all);
    },
    async collect() {
      const { live } = (await server.ask({ collect: true })) as { live: number };
      return live;
    },
    async close() {
      for (const socket of sockets) socket.disconnect();
      await server.close();
    },
  };
}
