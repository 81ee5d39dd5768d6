import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunRange } from '@berth/log';
import type { Role, UserId } from '@berth/protocol';
import { AppError, idFromUuid } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { LivePrincipal } from '@berth/store';
import { randomUUID } from 'node:crypto';
import { ByteSocketServer } from '../byte-socket.server.js';
import { HostLinks } from '../host-links.js';
import { monotonicClock } from '../monotonic-clock.js';
import { SessionFeeds } from '../session-feeds.js';
import { UpgradeRouter } from '../upgrade-router.js';
import { authenticateUpgrade } from '../byte-authentication.js';
import { SECRET } from './seeded-host.js';
import type { SeededSession } from './seeded-host.js';

export interface ByteServer {
  port: number;
  server: ByteSocketServer;
  router: UpgradeRouter;
  feeds: SessionFeeds;
  /** What everybody who watches over principals is told. */
  listeners: Set<{ revoked(): void; roleChanged(role: LivePrincipal['role']): void }>;
  /** Roles in which somebody was attached, in order; undefined: not any more. */
  attended: { userId: UserId; role: Role | undefined }[];
  failures: unknown[];
  close(): Promise<void>;
}

/** Byte sockets on a real HTTP server with real links to a session's host; `Bearer good` may drive, `Bearer viewer` may watch. */
export async function startByteServer(
  session: SeededSession,
  { clock = monotonicClock, fenced = true }: { clock?: Clock; fenced?: boolean } = {},
): Promise<ByteServer> {
  const { tenantId, sessionId } = session;
  const user = { tenantId, userId: idFromUuid('user', randomUUID()), familyId: randomUUID() };
  const failures: unknown[] = [];
  const listeners: ByteServer['listeners'] = new Set();
  const attended: ByteServer['attended'] = [];
  const links = new HostLinks({ gatewayId: 'gw-1', secret: SECRET });
  const tickets = new Map([
    ['once', sessionId],
    ['other', idFromUuid('session', randomUUID())],
  ]);
  const find = async (id: string) => (id === sessionId ? session.placement : undefined);
  const feeds = new SessionFeeds({
    sources: {
      placement: (_tenant, id) => find(id),
      runs: async (): Promise<RunRange[]> => session.runs.map((run) => ({ ...run })),
      readLog: (_session, range) => session.readLog(range),
      readScreen: async () => session.screen,
      connect: (host) => links.connect(host),
      listen: (_tenant, _session, changed) => session.listen(changed),
    },
    clock,
    fenced,
    failed: (error) => failures.push(error),
  });
  const server = new ByteSocketServer({
    feeds,
    authenticate: (request, upgrade) =>
      authenticateUpgrade(
        {
          bearer: async ({ headers }) => {
            if (!/^Bearer (good|viewer)$/.test(headers.authorization ?? '')) throw new AppError('unauthenticated');
            return user;
          },
          ticket: async (ticket) => {
            const good = tickets.get(ticket);
            tickets.delete(ticket);
            if (!good) throw new AppError('unauthenticated');
            return { ...user, role: 'member', sessionId: good };
          },
          require: async (principal) => ({ ...principal, role: request.headers.authorization === 'Bearer viewer' ? 'viewer' : 'member' }),
        },
        request,
        upgrade,
      ),
    track: (_principal, listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    attend: (_session, userId) => (role) => attended.push({ userId, role }),
    clock,
    failed: (error) => failures.push(error),
  });
  const http = createServer((_request, response) => response.end());
  const router = new UpgradeRouter([server.target], (origin) => origin === undefined || origin === 'https://berth.example.com');
  router.listen(http, () => false);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    port: (http.address() as AddressInfo).port,
    server,
    router,
    attended,
    feeds,
    listeners,
    failures,
    close: async () => {
      server.close();
      links.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
