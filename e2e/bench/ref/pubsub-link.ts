import { randomUUID } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { Duplex } from 'node:stream';
import { Redis } from 'ioredis';

/**
 * Reference: loaded before a gateway and a worker as they are built (`node --import`), it replaces the TCP connection between the two by one Redis
 * channel each way, and nothing else: frames, credit, coalescing, log and input sequences are the product's own.
 */
const PREFIX = 'bench-link';
const dialled = (port: number): string => `${PREFIX}:dial:${port}`;
/** What may be on its way to Redis before the writer has to wait, as in the buffers of a TCP connection. */
const UNANSWERED_BYTES = 1024 * 1024;

type Receive = (bytes: Buffer) => void;

/** Two connections, for Redis wants a subscriber to have its own. Made by the first channel: most programs that load this use none. */
class Channels {
  private readonly publisher = new Redis(process.env['REDIS_URL'] ?? '');
  private readonly subscriber = new Redis(process.env['REDIS_URL'] ?? '');
  private readonly receivers = new Map<string, Receive>();

  constructor() {
    this.subscriber.on('messageBuffer', (channel: Buffer, bytes: Buffer) => this.receivers.get(channel.toString())?.(bytes));
  }

  async receive(channel: string, receive: Receive): Promise<void> {
    this.receivers.set(channel, receive);
    await this.subscriber.subscribe(channel);
  }

  async forget(channel: string): Promise<void> {
    this.receivers.delete(channel);
    await this.subscriber.unsubscribe(channel);
  }

  publish(channel: string, bytes: Buffer | string, answered: () => void = () => undefined): void {
    void this.publisher.publish(channel, bytes, answered);
  }
}

let opened: Channels | undefined;
const channels = (): Channels => (opened ??= new Channels());

/** One end of a connection, with as much of a socket as the link uses. An empty message ends it. */
class PubsubSocket extends Duplex {
  private unanswered = 0;

  constructor(
    private readonly to: string,
    private readonly from: string,
    private readonly receive: Receive | undefined,
  ) {
    super({ allowHalfOpen: false });
  }

  listen(): Promise<void> {
    return channels().receive(this.from, (bytes) => {
      if (bytes.length === 0) this.push(null);
      else if (this.receive) this.receive(bytes);
      else this.push(bytes);
    });
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    // Redis pushes.
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    // The link writes nothing, to be told when what it wrote before has been taken.
    if (bytes.length === 0) return done();
    this.unanswered += bytes.length;
    const atOnce = this.unanswered < UNANSWERED_BYTES;
    channels().publish(this.to, bytes, () => {
      this.unanswered -= bytes.length;
      if (!atOnce) done();
    });
    // The client has copied what it sends, so the bytes may be overwritten.
    if (atOnce) done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    channels().publish(this.to, '');
    void channels().forget(this.from);
    done(error);
  }
}

const { connect, createServer } = net;

/** The link is the one that reads into a buffer of its own. */
function connectOverPubsub(...args: Parameters<typeof connect>): Duplex {
  const [options] = args as unknown as [{ port?: number; onread?: { callback(count: number, bytes: Uint8Array): boolean } }];
  const { port, onread } = options;
  if (port === undefined || onread === undefined) return connect(...args);
  const id = `${PREFIX}:${randomUUID()}`;
  const socket = new PubsubSocket(`${id}:host`, `${id}:gateway`, (bytes) => onread.callback(bytes.length, bytes));
  void socket.listen().then(() => channels().publish(dialled(port), id));
  return socket;
}

function createServerOverPubsub(...args: Parameters<typeof createServer>): Server {
  const server = createServer(...args);
  server.once('listening', () => {
    const { port } = server.address() as AddressInfo;
    void channels().receive(dialled(port), (message) => {
      const id = message.toString();
      const socket = new PubsubSocket(`${id}:gateway`, `${id}:host`, undefined);
      void socket.listen().then(() => server.emit('connection', socket));
    });
  });
  return server;
}

Object.assign(net, { connect: connectOverPubsub, createServer: createServerOverPubsub });
syncBuiltinESMExports();
