import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { idFromUuid } from '@berth/protocol';
import type { ServedSession } from '@berth/session';
import type { ConnectLinkOptions, LinkConnection, LinkServerOptions } from '../index.js';
import { LinkServer, connectLink } from '../index.js';

const SECRET = 'x'.repeat(32);
export const hostId = idFromUuid('host', randomUUID());

/** Hosts, gateways and what lies between them, for one test; all of it ends with {@link LinkLab.close}. */
export class LinkLab {
  private readonly cleanups: (() => unknown)[] = [];

  async close(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).toReversed()) await cleanup();
  }

  async listen(sessions: readonly ServedSession[], over: Partial<LinkServerOptions> = {}): Promise<LinkServer> {
    const server = await LinkServer.listen({
      secret: SECRET,
      hostId,
      incarnation: 1,
      listen: { host: '127.0.0.1', port: 0 },
      find: (tenantId, sessionId, epoch) =>
        sessions.find(({ identity }) => identity.tenantId === tenantId && identity.sessionId === sessionId && identity.epoch === epoch),
      ...over,
    });
    this.cleanups.push(() => server.close());
    return server;
  }

  async dial(port: number, over: Partial<ConnectLinkOptions> = {}): Promise<LinkConnection> {
    const address = { host: '127.0.0.1', port };
    const connection = await connectLink({
      address,
      hostId,
      incarnation: 1,
      gatewayId: 'gw-1',
      secret: SECRET,
      onClosed: () => undefined,
      ...over,
    });
    this.cleanups.push(() => connection.close());
    return connection;
  }

  /** A host of these sessions and a gateway that is connected to it. */
  async connected(...sessions: ServedSession[]): Promise<{ server: LinkServer; connection: LinkConnection }> {
    const server = await this.listen(sessions);
    return { server, connection: await this.dial(server.port) };
  }

  /** A network that can stop carrying what a host sends, or break. */
  async network(port: number): Promise<Network> {
    const sockets: { gateway: Socket; host: Socket }[] = [];
    const server = createServer((gateway) => {
      const host = connect(port, '127.0.0.1');
      gateway.pipe(host);
      host.pipe(gateway);
      for (const socket of [gateway, host]) socket.on('error', () => undefined);
      sockets.push({ gateway, host });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cut = () => {
      for (const { gateway, host } of sockets) {
        gateway.resetAndDestroy();
        host.resetAndDestroy();
      }
    };
    this.cleanups.push(() => {
      cut();
      server.close();
    });
    return {
      port: (server.address() as { port: number }).port,
      stall: () => {
        for (const { gateway, host } of sockets) {
          host.unpipe(gateway);
          host.pause();
        }
      },
      deafenHost: () => {
        for (const { gateway, host } of sockets) {
          gateway.unpipe(host);
          gateway.pause();
        }
      },
      resume: () => {
        for (const { gateway, host } of sockets) {
          gateway.unpipe(host).pipe(host);
          host.unpipe(gateway).pipe(gateway);
        }
      },
      cut,
    };
  }
}

export interface Network {
  /** Where a gateway dials to get to the host through it. */
  port: number;
  stall(): void;
  /** Carries nothing any more of what a gateway sends. */
  deafenHost(): void;
  resume(): void;
  /** Breaks every connection. */
  cut(): void;
}
