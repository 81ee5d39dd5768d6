import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TrustProxy } from './client-address.js';
import { clientAddress } from './client-address.js';
import { PendingConnections } from './pending-connections.js';

/** A request for a socket that has passed what every one has to pass. */
export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  /** It has proven who it is, so that it no longer counts as half-open. A connection that is gone does not count either. */
  settled: () => void;
}

/** One kind of socket: how it takes this request in; undefined: the request is for something else. */
export type UpgradeTarget = (request: IncomingMessage) => ((upgrade: Upgrade) => void) | undefined;

const REFUSALS = { 403: 'Forbidden', 404: 'Not Found', 429: 'Too Many Requests', 503: 'Service Unavailable' } as const;

/** Every upgrade of the gateway's HTTP server: only an unknown path, a foreign page and overload are refused here, before 101. */
export class UpgradeRouter {
  private readonly pending = new PendingConnections();

  constructor(
    private readonly targets: readonly UpgradeTarget[],
    private readonly acceptsOrigin: (origin: string | undefined) => boolean,
  ) {}

  /** Sockets of all kinds that have not proven who they are yet. */
  get pendingCount(): number {
    return this.pending.count;
  }

  listen(server: Server, trust: TrustProxy): void {
    server.on('upgrade', (request, socket, head) => {
      // Until somebody else listens to it, a socket that breaks would end the process.
      socket.on('error', () => undefined);
      this.route({ request, socket, head }, clientAddress(request, trust));
    });
  }

  private route(upgrade: Omit<Upgrade, 'settled'>, address: string): void {
    const { request, socket } = upgrade;
    const serve = this.targets.map((target) => target(request)).find((found) => found !== undefined);
    if (!serve) return refuse(socket, 404);
    if (!this.acceptsOrigin(request.headers.origin)) return refuse(socket, 403);
    const settled = this.pending.enter(address);
    if (typeof settled !== 'function') return refuse(socket, settled === 'address' ? 429 : 503);
    socket.once('close', settled);
    serve({ ...upgrade, settled });
  }
}

function refuse(socket: Duplex, status: keyof typeof REFUSALS): void {
  const retry = status === 429 || status === 503 ? 'Retry-After: 1\r\n' : '';
  socket.end(`HTTP/1.1 ${status} ${REFUSALS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n${retry}\r\n`);
}
