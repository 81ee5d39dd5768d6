import type { IncomingMessage } from 'node:http';
import { BYTES_SUBPROTOCOL, MAX_BYTE_FRAME } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { LivePrincipal } from '@berth/store';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { Beats } from './beats.js';
import type { AttendSession, TrackPrincipal } from './byte-connection.js';
import { ByteConnection } from './byte-connection.js';
import { BEAT_MS } from './limits.js';
import type { SessionFeeds } from './session-feeds.js';
import type { ByteUpgrade } from './upgrade-check.js';
import { readUpgrade } from './upgrade-check.js';
import type { Upgrade, UpgradeTarget } from './upgrade-router.js';

export interface ByteSocketServerOptions {
  feeds: SessionFeeds;
  /** Rejects with `unauthenticated`, or `not_found` for a ticket that is good for another session. */
  authenticate: (request: IncomingMessage, upgrade: ByteUpgrade) => Promise<LivePrincipal>;
  track: TrackPrincipal;
  attend: AttendSession;
  clock: Clock;
  failed: (error: unknown) => void;
}

/** Takes byte sockets in on upgrades that the router lets pass: whatever else is wrong becomes a close code. */
export class ByteSocketServer {
  private readonly websockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BYTE_FRAME,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => offered.has(BYTES_SUBPROTOCOL) && BYTES_SUBPROTOCOL,
  });
  private readonly connections: Beats<ByteConnection>;
  private draining = false;

  constructor(private readonly options: ByteSocketServerOptions) {
    this.connections = new Beats(options.clock, BEAT_MS);
  }

  /** Where the router sends upgrades to. */
  readonly target: UpgradeTarget = (request) => {
    const asked = readUpgrade(request);
    return asked && ((upgrade) => this.upgrade(upgrade, asked));
  };

  /** Open sockets. */
  get count(): number {
    return this.connections.size;
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
    this.connections.stop();
    this.draining = true;
    for (const connection of this.connections) connection.end('draining');
  }

  private upgrade({ request, socket, head, settled }: Upgrade, asked: ByteUpgrade): void {
    this.websockets.handleUpgrade(request, socket, head, (websocket) => this.accept({ websocket, socket, request, asked, settled }));
  }

  private accept({
    request,
    asked,
    ...sockets
  }: { websocket: WebSocket; asked: ByteUpgrade } & Pick<Upgrade, 'request' | 'socket' | 'settled'>): void {
    const { feeds, authenticate, track, attend, clock, failed } = this.options;
    const connection: ByteConnection = new ByteConnection({
      ...sockets,
      upgrade: asked,
      authenticate: () => authenticate(request, asked),
      track,
      attend,
      feeds,
      clock,
      failed,
      closed: () => this.connections.delete(connection),
    });
    this.connections.add(connection);
    if (this.draining) connection.end('draining');
    else void connection.serve();
  }
}
