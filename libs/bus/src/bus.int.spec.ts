import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { type Bell, idFromUuid, redisChannels } from '@berth/protocol';
import { waitFor } from '@berth/testing';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bus, type BusOptions, openBus } from './bus.js';

const sharedUrl = process.env['BERTH_TEST_REDIS_URL'] ?? '';
const sessionId = idFromUuid('session', '0190a000-0000-7000-8000-000000000001');
const someChannel = () => redisChannels.host(idFromUuid('host', crypto.randomUUID()));

/** Stands between a client and Redis; can go away and come back at the same port. */
class CuttableProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly target: string) {}

  /** Lets connections through; answers with the URL to connect to. */
  async restore(): Promise<string> {
    const { hostname, port } = new URL(this.target);
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(socket);
        socket
          .on('error', () => {})
          .on('close', () => {
            this.sockets.delete(socket);
            other.destroy();
          });
        socket.pipe(other);
      }
    }).listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
    const address = server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = new URL(this.target);
    url.host = `127.0.0.1:${String(this.port)}`;
    return url.href;
  }

  /** Breaks every connection and refuses new ones. */
  async cut(): Promise<void> {
    const server = this.server;
    if (server === undefined) return;
    this.server = undefined;
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(server, 'close');
  }
}

describe('Bus', () => {
  const buses: Bus[] = [];
  const open = (options: Partial<BusOptions> = {}): Bus => {
    const bus = openBus({ redisUrl: sharedUrl, ...options });
    buses.push(bus);
    return bus;
  };
  afterEach(() => {
    for (const bus of buses.splice(0)) bus.close();
  });

  const listenOn = (bus: Bus, channel: string) => {
    const heard: Bell[] = [];
    return { heard, unlisten: bus.listen(channel, (bell) => heard.push(bell)) };
  };

  it('rings listeners in other processes, first of all when their subscription stands', async () => {
    const [from, to] = [open(), open()];
    const channel = someChannel();
    const { heard, unlisten } = listenOn(to, channel);
    await waitFor(() => heard.length === 1);
    expect(heard).toEqual([{}]);
    expect(await from.ring(channel, { sessionId })).toBe(true);
    await waitFor(() => heard.length === 2);
    expect(heard[1]).toEqual({ sessionId });
    unlisten();
    const again = listenOn(to, channel);
    await waitFor(() => again.heard.length === 1);
    await from.ring(channel);
    await waitFor(() => again.heard.length === 2);
    expect(heard).toHaveLength(2);
  });

  it('rings a second listener of the same channel once by itself', async () => {
    const bus = open();
    const channel = someChannel();
    const first = listenOn(bus, channel);
    await waitFor(() => first.heard.length === 1);
    const second = listenOn(bus, channel);
    await waitFor(() => second.heard.length === 1);
    expect(first.heard).toHaveLength(1);
    first.unlisten();
    await bus.ring(channel);
    await waitFor(() => second.heard.length === 2);
  });

  it('takes what it cannot read for a ring without content', async () => {
    const bus = open();
    const channel = someChannel();
    const { heard } = listenOn(bus, channel);
    await waitFor(() => heard.length === 1);
    const raw = new Redis(sharedUrl);
    await raw.publish(channel, 'nonsense');
    await raw.publish(channel, JSON.stringify({ sessionId: 'not an id' }));
    await raw.quit();
    await waitFor(() => heard.length === 3);
    expect(heard).toEqual([{}, {}, {}]);
  });

  it('loses every ring under no-bell', async () => {
    const bus = open({ flags: new Set(['no-bell']) });
    const channel = someChannel();
    const { heard } = listenOn(bus, channel);
    await waitFor(() => heard.length === 1);
    expect(await bus.ring(channel)).toBe(false);
    expect(heard).toHaveLength(1);
  });

  it('counts uses over all gateways', async () => {
    const limit = { name: `spec-${crypto.randomUUID()}`, points: 3, seconds: 60 };
    const [one, two] = [open().rateLimiter(limit), open().rateLimiter(limit)];
    // Both are connected, or the count would be local.
    await Promise.all(buses.map((bus) => bus.assertNoEviction()));
    expect(await one.take('10.0.0.1')).toEqual({ allowed: true });
    expect(await two.take('10.0.0.1', 2)).toEqual({ allowed: true });
    const verdict = await one.take('10.0.0.1');
    expect(verdict).toMatchObject({ allowed: false });
    expect(verdict.allowed || verdict.retryAfter).toBeGreaterThan(50);
    expect(await two.take('10.0.0.2')).toEqual({ allowed: true });
    await two.forget('10.0.0.1');
    expect(await one.take('10.0.0.1')).toEqual({ allowed: true });
  });

  describe('over a connection that can be cut', () => {
    const proxy = new CuttableProxy(sharedUrl);
    afterEach(() => proxy.cut());

    it('answers false while Redis is away, and rings every listener when it is back', async () => {
      const redisUrl = await proxy.restore();
      const errors: Error[] = [];
      const [from, to] = [open({ redisUrl, onError: (error) => errors.push(error) }), open({ redisUrl })];
      const [one, two] = [listenOn(to, someChannel()), listenOn(to, someChannel())];
      await waitFor(() => one.heard.length === 1 && two.heard.length === 1);
      await from.assertNoEviction();
      await proxy.cut();
      await waitFor(async () => !(await from.ring(someChannel())));
      expect(errors.some(({ message }) => message.includes('was lost'))).toBe(true);
      // What nobody carries, this process hears itself.
      const mine = someChannel();
      const own = listenOn(from, mine);
      expect(await from.ring(mine, { sessionId })).toBe(false);
      expect(own.heard).toEqual([{ sessionId }]);
      const late = listenOn(to, someChannel());
      await proxy.restore();
      await waitFor(() => one.heard.length === 2 && two.heard.length === 2 && late.heard.length === 1);
      await waitFor(() => from.ring(someChannel()));
    });

    it('counts uses by itself while Redis is away', async () => {
      const bus = open({ redisUrl: await proxy.restore() });
      const limiter = bus.rateLimiter({ name: `spec-${crypto.randomUUID()}`, points: 4, seconds: 60 });
      await bus.assertNoEviction();
      await proxy.cut();
      const verdicts = [];
      for (let use = 0; use < 4; use += 1) verdicts.push((await limiter.take('somebody')).allowed);
      expect(verdicts).toEqual([true, true, false, false]);
    });
  });
});
