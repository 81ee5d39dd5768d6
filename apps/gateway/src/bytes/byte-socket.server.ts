import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { BYTES_SUBPROTOCOL, MAX_BYTE_FRAME } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { LivePrincipal } from '@berth/store';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { TrackPrincipal } from './byte-connection.js';
import { ByteConnection } from './byte-connection.js';
import type { TrustProxy } from './client-address.js';
import { clientAddress } from './client-address.js';
import { BEAT_MS } from './limits.js';
import { PendingConnections } from './pending-connections.js';
import type { SessionFeeds } from './session-feeds.js';
import type { ByteUpgrade } from './upgrade-check.js';
import { readUpgrade } from './upgrade-check.js';

export interface ByteSocketServerOptions {
  feeds: SessionFeeds;
  /** Rejects with `unauthenticated`, or `not_found` for a ticket that is good for another session. */
  authenticate: (request: IncomingMessage, upgrade: ByteUpgrade) => Promise<LivePrincipal>;
  track: TrackPrincipal;
  acceptsOrigin: (origin: string | undefined) => boolean;
  clock: Clock;
  failed: (error: unknown) => void;
}

const REFUSALS = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 429: 'Too Many Requests', 503: 'Service Unavailable' } as const;

/** Takes byte sockets in on an HTTP server's upgrades. Only a foreign page, overload and a malformed upgrade fail before 101. */
export class ByteSocketServer {
  private readonly websockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BYTE_FRAME,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => offered.has(BYTES_SUBPROTOCOL) && BYTES_SUBPROTOCOL,
  });
  private readonly pending = new PendingConnections();
  private readonly connections = new Set<ByteConnection>();
  private readonly beats: NodeJS.Timeout;
  private draining = false;

  constructor(private readonly options: ByteSocketServerOptions) {
    this.beats = setInterval(() => this.beat(), BEAT_MS);
  }

  /** Serves every upgrade of this HTTP server. */
  listen(server: Server, trust: TrustProxy): void {
    server.on('upgrade', (request, socket, head) => this.upgrade({ request, socket, head, address: clientAddress(request, trust) }));
  }

  /** Open sockets. */
  get count(): number {
    return this.connections.size;
  }

  /** Sockets that have not attached yet. */
  get pendingCount(): number {
    return this.pending.count;
  }

  /** Lets go of everybody within `ms`, spread out, so that they do not arrive elsewhere all at once. Nobody is taken in meanwhile. */
  async drain(ms: number): Promise<void> {
    this.draining = true;
    const leaving = [...this.connections];
    const end = performance.now() + ms;
    for (const [index, connection] of leaving.entries()) {
      connection.end('draining');
      const pause = Math.min(ms / leaving.length, end - performance.now());
      if (index + 1 < leaving.length && pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    while (this.connections.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Ends what is left. */
  close(): void {
    clearInterval(this.beats);
    this.draining = true;
    for (const connection of this.connections) connection.end('draining');
  }

  private upgrade({ request, socket, head, address }: { request: IncomingMessage; socket: Duplex; head: Buffer; address: string }): void {
    // Until `ws` listens to it, a socket that breaks would end the process.
    socket.on('error', () => undefined);
    const upgrade = readUpgrade(request);
    if (!upgrade) return refuse(socket, 404);
    if (!this.options.acceptsOrigin(request.headers.origin)) return refuse(socket, 403);
    const leave = this.pending.enter(address);
    if (typeof leave !== 'function') return refuse(socket, leave === 'address' ? 429 : 503);
    socket.once('close', leave);
    this.websockets.handleUpgrade(request, socket, head, (websocket) => this.accept(websocket, { request, upgrade, leave }));
  }

  private accept(
    websocket: WebSocket,
    { request, upgrade, leave }: { request: IncomingMessage; upgrade: ByteUpgrade; leave: () => void },
  ): void {
    const { feeds, authenticate, track, clock, failed } = this.options;
    const connection: ByteConnection = new ByteConnection({
      websocket,
      upgrade,
      authenticate: () => authenticate(request, upgrade),
      track,
      feeds,
      clock,
      failed,
      settled: leave,
      closed: () => this.connections.delete(connection),
    });
    this.connections.add(connection);
    if (this.draining) connection.end('draining');
    else void connection.serve();
  }

  private beat(): void {
    for (const connection of this.connections) connection.beat();
    this.options.feeds.beat(this.options.clock.now());
  }
}

function refuse(socket: Duplex, status: keyof typeof REFUSALS): void {
  const retry = status === 429 || status === 503 ? 'Retry-After: 1\r\n' : '';
  socket.end(`HTTP/1.1 ${status} ${REFUSALS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n${retry}\r\n`);
}
