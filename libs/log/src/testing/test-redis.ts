import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Redis } from 'ioredis';

/** Address of the Redis that the test run has started. Throws when there is none. */
export function testRedisUrl(): string {
  const url = process.env['BERTH_TEST_REDIS_URL'];
  if (url === undefined) throw new Error('BERTH_TEST_REDIS_URL is not set: run the specs with npm test, which starts a Redis');
  return url;
}

/** Resolves when the connection can be used. */
export async function ready(redis: Redis): Promise<void> {
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
}

/** Address of a database of the test run's Redis that no other spec uses: what lies in it is the test's alone. */
export function ownDatabase(index: 8 | 9): URL {
  const url = new URL(testRedisUrl());
  url.pathname = `/${String(index)}`;
  return url;
}

/** A Redis that can be stopped: to its clients it then looks like a process that got SIGSTOP, or like none at all. */
export interface FrailRedis {
  url: string;
  /** Connections stand and new ones are taken, but nobody answers. What was sent is carried out after {@link resume}. */
  stop(): void;
  resume(): void;
  /** Every connection breaks, and new ones are refused. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The test run's Redis behind a network that fails when it is told to; database 9, which no other spec uses. */
export async function frailRedis(): Promise<FrailRedis> {
  const target = new URL(testRedisUrl());
  const sockets = new Set<Socket>();
  let stopped = false;
  const server = createServer((client) => {
    const redis = connect(Number(target.port || 6379), target.hostname);
    client.pipe(redis);
    redis.pipe(client);
    for (const socket of [client, redis]) {
      if (stopped) socket.pause();
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    }
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as { port: number };
  const address = ownDatabase(9);
  address.host = `127.0.0.1:${String(port)}`;
  const kill = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: address.href,
    stop: () => {
      stopped = true;
      for (const socket of sockets) socket.pause();
    },
    resume: () => {
      stopped = false;
      for (const socket of sockets) socket.resume();
    },
    kill,
    restart: () => listen(port),
    close: kill,
  };
}
