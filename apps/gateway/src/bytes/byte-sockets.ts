import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Bus } from '@berth/bus';
import type { LinkTls } from '@berth/link';
import { ScreenStore, SessionLogReader } from '@berth/log';
import { redisChannels } from '@berth/protocol';
import { Store } from '@berth/store';
import { counter, gauge } from '@berth/telemetry';
import type { OnApplicationShutdown, Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { AccessTokens } from '../auth/access-tokens.js';
import { Principals } from '../auth/principals.js';
import { SocketTicketsService } from '../auth/socket-tickets.service.js';
import { Attendance } from '../control/attendance.js';
import type { GatewayEnv } from '../env.js';
import { LOGGER } from '../logger.js';
import { authenticateUpgrade } from './byte-authentication.js';
import type { SocketAuthentication } from './byte-authentication.js';
import type { AttendSession, TrackPrincipal } from './byte-connection.js';
import { ByteSocketServer } from './byte-socket.server.js';
import { HostLinks } from './host-links.js';
import { byteMetrics } from './byte-metrics.js';
import { monotonicClock } from './monotonic-clock.js';
import type { FeedSources } from './session-feed.js';
import { SessionFeeds } from './session-feeds.js';
import type { UpgradeTarget } from './upgrade-router.js';

interface Collaborators {
  sources: Omit<FeedSources, 'connect'>;
  auth: SocketAuthentication;
  track: TrackPrincipal;
  attend: AttendSession;
  links: HostLinks;
  fenced: boolean;
  logger: Logger;
}

/** The gateway's byte plane: hand `target` to the router; `drain`, then close. */
export class ByteSockets implements OnApplicationShutdown {
  private readonly server: ByteSocketServer;

  constructor(private readonly collaborators: Collaborators) {
    const { sources, auth, track, attend, links, fenced, logger } = collaborators;
    const failures = counter('berth_byte_failures', 'Unexpected failures while serving byte sockets');
    const failed = (error: unknown): void => {
      failures();
      logger.error({ err: error }, 'serving a byte socket failed');
    };
    const clock = monotonicClock;
    const feeds = new SessionFeeds({ sources: { ...sources, connect: (host) => links.connect(host) }, clock, fenced, failed });
    this.server = new ByteSocketServer({
      feeds,
      authenticate: (request, upgrade) => authenticateUpgrade(auth, request, upgrade),
      track,
      attend,
      clock,
      failed,
    });
    gauge('berth_byte_sockets', 'Open byte sockets', () => this.server.count);
    gauge('berth_byte_feeds', 'Sessions watched through this gateway', () => feeds.count);
    byteMetrics(feeds, links);
  }

  /** Where the router sends upgrades to. */
  get target(): UpgradeTarget {
    return this.server.target;
  }

  /** Lets go of every client within `ms`, spread out; takes none in. */
  async drain(ms: number): Promise<void> {
    await this.server.drain(ms);
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.collaborators.links.close();
  }

  /** How the gateway's module makes it. */
  static provider(env: GatewayEnv): Provider {
    return {
      provide: ByteSockets,
      inject: [Store, Bus, SessionLogReader, ScreenStore, AccessTokens, SocketTicketsService, Principals, Attendance, LOGGER],
      useFactory: (
        store: Store,
        bus: Bus,
        log: SessionLogReader,
        screens: ScreenStore,
        ...[tokens, tickets, principals, attendance, logger]: [AccessTokens, SocketTicketsService, Principals, Attendance, Logger]
      ) =>
        new ByteSockets({
          sources: sourcesOf(store, bus, { log, screens }),
          auth: {
            bearer: (request) => tokens.authenticate(request),
            ticket: (ticket) => tickets.consume(ticket),
            require: (principal) => principals.require(principal),
          },
          track: (principal, listener) => principals.track(principal, listener),
          attend: (session, userId) => attendance.attend(session, userId),
          links: new HostLinks({
            gatewayId: `gw-${randomBytes(8).toString('hex')}`,
            secret: env.secret,
            ...(env.linkTls ? { tls: readTls(env.linkTls) } : {}),
          }),
          fenced: !env.flags.has('no-fence'),
          logger,
        }),
    };
  }
}

const sourcesOf = (
  store: Store,
  bus: Bus,
  { log, screens }: { log: SessionLogReader; screens: ScreenStore },
): Omit<FeedSources, 'connect'> => ({
  placement: (tenantId, sessionId) => store.withTenant(tenantId, ({ sessions }) => sessions.placement(sessionId), { idempotent: true }),
  runs: (tenantId, sessionId) => store.withTenant(tenantId, ({ sessions }) => sessions.runs(sessionId), { idempotent: true }),
  readLog: (session, range) => log.read(session, range),
  readScreen: (session) => screens.newest(session),
  listen: (tenantId, sessionId, changed) => bus.listen(redisChannels.session(tenantId, sessionId), changed),
});

const readTls = ({ cert, key, ca }: { cert: string; key: string; ca: string }): LinkTls => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
  ca: readFileSync(ca),
});
