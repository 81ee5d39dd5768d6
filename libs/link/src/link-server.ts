import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { HostId } from '@berth/protocol';
import { HostConnection } from './host-connection.js';
import type { FindSession } from './host-connection.js';
import { LinkAuth } from './link-auth.js';
import type { LinkTls } from './link-tls.js';
import { hostTls, isLoopback } from './link-tls.js';

export interface LinkServerOptions {
  /** The installation's secret, 32 bytes or more. */
  secret: string;
  hostId: HostId;
  incarnation: number;
  /** Where to listen; port 0 = any. */
  listen: { host: string; port: number };
  tls?: LinkTls;
  find: FindSession;
  /** Reports the end of a gateway's connection, for a log line. */
  onDisconnect?: (reason: string) => void;
}

const CLOSE_TIMEOUT_MS = 1_000;

/** Accepts the connections of gateways and serves this host's sessions on them. */
export class LinkServer {
  private readonly connections = new Set<HostConnection>();
  /** The TCP sockets, which exist before a TLS handshake has made a connection of them. */
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** Listens, or rejects: address in use, short secret, or an address beyond loopback without TLS. */
  static async listen(options: LinkServerOptions): Promise<LinkServer> {
    const { listen, tls } = options;
    if (!tls && !isLoopback(listen.host)) {
      throw new Error(
        `the link listens on ${listen.host}, beyond this machine: set LINK_CERT, LINK_KEY and LINK_CA, or LINK_HOST=127.0.0.1`,
      );
    }
    const auth = new LinkAuth(options.secret);
    const server = tls ? createTlsServer(hostTls(tls)) : createServer();
    const link = new LinkServer(server);
    server.on('connection', (socket: Socket) => link.track(socket));
    server.on(tls ? 'secureConnection' : 'connection', (socket) => {
      const connection: HostConnection = new HostConnection(socket, {
        auth,
        hostId: options.hostId,
        incarnation: options.incarnation,
        find: options.find,
        onClosed: (reason) => {
          link.connections.delete(connection);
          options.onDisconnect?.(reason);
        },
      });
      link.connections.add(connection);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen.port, listen.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return link;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Bytes that wait for the network of each gateway. */
  get buffered(): number[] {
    return [...this.connections].map(({ buffered }) => buffered);
  }

  /** Stops listening and ends every connection after what is queued on it; one that does not take it is cut off after a second. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    const ended = [...this.connections].map((connection) => connection.end('the host is shutting down'));
    const cutOff = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await Promise.all([closed, ...ended]);
    clearTimeout(cutOff);
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    // A handshake may fail before anybody else listens.
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
