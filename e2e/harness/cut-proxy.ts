import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** How one connection through the proxy is to fail or to be slow. */
export interface Weather {
  /** Ends it (both sides, at once) after this many bytes towards the client. */
  cutAfterBytes?: number;
  /** Towards the client. */
  bytesPerSecond?: number;
}

/** Slices of a second in which a rate-limited connection gets its share. */
const SLICES = 20;

/** A TCP proxy on a loopback port of its own: cuts at an exact byte or at once, and slows down. */
export class CutProxy {
  private readonly pairs = new Set<Pair>();
  /** Connections cut so far. */
  cuts = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: () => number,
    private readonly weather: () => Weather,
  ) {
    server.on('connection', (client) => {
      this.accept(client);
    });
  }

  /** Listens; `target` names the port behind it, and `weather` what awaits the connection, for each connection anew. */
  static async listen(target: () => number, weather: () => Weather = () => ({})): Promise<CutProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CutProxy(server, target, weather);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection at once, in both directions. */
  cut(): void {
    for (const pair of this.pairs) pair.cut();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private accept(client: Socket): void {
    const pair = new Pair(client, connect(this.target(), '127.0.0.1'), this.weather(), (cut) => {
      this.pairs.delete(pair);
      if (cut) this.cuts += 1;
    });
    this.pairs.add(pair);
  }
}

class Pair {
  private left: number;
  private ended = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly weather: Weather,
    private readonly onEnd: (cut: boolean) => void,
  ) {
    this.left = weather.cutAfterBytes ?? Infinity;
    server.setNoDelay(true);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (bytes) => {
        this.pass(from, to, bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.end(false);
      });
    }
  }

  cut(): void {
    this.end(true);
  }

  private pass(from: Socket, to: Socket, bytes: Buffer): void {
    if (this.ended || to.destroyed) return;
    const down = to === this.client;
    if (down && bytes.length >= this.left) {
      // The bytes before the cut do arrive: a torn message is the interesting case.
      to.write(bytes.subarray(0, this.left), () => this.end(true));
      this.left = 0;
      return;
    }
    if (down) this.left -= bytes.length;
    const more = to.write(bytes);
    const rate = down ? this.weather.bytesPerSecond : undefined;
    if (rate !== undefined) {
      from.pause();
      setTimeout(() => from.resume(), Math.max(1000 / SLICES, (bytes.length / rate) * 1000));
    } else if (!more) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  }

  private end(cut: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.client.destroy();
    this.server.destroy();
    this.onEnd(cut);
  }
}
