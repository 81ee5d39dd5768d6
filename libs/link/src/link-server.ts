import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { HostId } from '@berth/protocol';
import { HostConnection } from './host-connection.js';
import type { FindSession } from './host-connection.js';
import { LinkAuth } from './link-auth.js';

/** Certificate, key and authority for mutual TLS, as PEM. */
export interface LinkTls {
  cert: Buffer;
  key: Buffer;
  ca: Buffer;
}

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

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Accepts the connections of gateways and serves this host's sessions on them. */
export class LinkServer {
  private readonly connections = new Set<HostConnection>();

  private constructor(private readonly server: Server) {}

  /** Listens, or rejects: address in use, short secret, or an address beyond loopback without TLS. */
  static async listen(options: LinkServerOptions): Promise<LinkServer> {
    const { listen, tls } = options;
    if (!tls && !LOOPBACK.test(listen.host)) {
      throw new Error(`the link listens on ${listen.host}, beyond this machine: set LINK_CERT, LINK_KEY and LINK_CA, or LINK_HOST=127.0.0.1`);
    }
    const auth = new LinkAuth(options.secret);
    const server = tls
      ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' })
      : createServer();
    const link = new LinkServer(server);
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

  /** Stops listening and ends every connection after what is queued on it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    for (const connection of this.connections) connection.end('the host is shutting down');
    await closed;
  }
}
