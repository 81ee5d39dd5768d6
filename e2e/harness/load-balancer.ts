import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from './eventually.js';

/** How often the balancer asks each gateway whether it is ready. */
const CHECK_MS = 100;

/** What stands before gateways in production, at its simplest: takes turns among those whose /ready says 200, and asks a refused request of the next. */
export class LoadBalancer {
  private readonly ready = new Set<number>();
  private turn = 0;
  private readonly timer: NodeJS.Timeout;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly ports: () => number[],
  ) {
    server.on('request', (incoming: IncomingMessage, answer: ServerResponse) => {
      this.forward(incoming, answer);
    });
    server.on('upgrade', (incoming: IncomingMessage, client: Socket, head: Buffer) => {
      this.tunnel(incoming, client, head);
    });
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.timer = setInterval(() => void this.check(), CHECK_MS);
  }

  static async listen(ports: () => number[]): Promise<LoadBalancer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const balancer = new LoadBalancer(server, ports);
    await balancer.check();
    return balancer;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Waits until requests go to this gateway too. */
  async knows(port: number): Promise<void> {
    await eventually(() => this.ready.has(port), { what: `the balancer uses port ${port}` });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async check(): Promise<void> {
    await Promise.all(
      this.ports().map(async (port) => {
        const ok = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(1000) }).then(
          ({ status }) => status === 200,
          () => false,
        );
        if (ok) this.ready.add(port);
        else this.ready.delete(port);
      }),
    );
  }

  private next(): number | undefined {
    const ports = this.ports().filter((port) => this.ready.has(port));
    return ports[this.turn++ % Math.max(1, ports.length)];
  }

  private forward(incoming: IncomingMessage, answer: ServerResponse): void {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      this.send(incoming, Buffer.concat(chunks), answer);
    });
  }

  private send(incoming: IncomingMessage, body: Buffer, answer: ServerResponse): void {
    const port = this.next();
    if (port === undefined) {
      answer.writeHead(502).end();
      return;
    }
    const { method, url, headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      this.ready.delete(port);
      // Only what certainly was not read by anybody may be asked again.
      if (error.code === 'ECONNREFUSED') this.send(incoming, body, answer);
      else answer.writeHead(502).end();
    });
    outgoing.end(body);
  }

  private tunnel(incoming: IncomingMessage, client: Socket, head: Buffer): void {
    const port = this.next();
    if (port === undefined) {
      client.destroy();
      return;
    }
    const server = connect(port, '127.0.0.1', () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let i = 0; i < incoming.rawHeaders.length; i += 2) lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
      server.write(`${lines.join('\r\n')}\r\n\r\n`);
      server.write(head);
      server.pipe(client).pipe(server);
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  }
}
