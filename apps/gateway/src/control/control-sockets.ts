import type { ControlAdapter } from '@berth/bus';
import { Bus } from '@berth/bus';
import type { Notice, SessionId, TenantId } from '@berth/protocol';
import { AppError, redisChannels } from '@berth/protocol';
import { Store } from '@berth/store';
import { counter, gauge } from '@berth/telemetry';
import type { OnApplicationShutdown, Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { Principals } from '../auth/principals.js';
import { SocketTicketsService } from '../auth/socket-tickets.service.js';
import { monotonicClock } from '../bytes/monotonic-clock.js';
import type { UpgradeTarget } from '../bytes/upgrade-router.js';
import { LOGGER } from '../logger.js';
import { Attendance } from './attendance.js';
import type { ControlSources } from './control.server.js';
import { ControlServer } from './control.server.js';
import { KNOWN_SESSIONS } from './limits.js';

interface Collaborators {
  sources: ControlSources;
  adapter: ControlAdapter;
  logger: Logger;
}

/** The gateway's control plane towards people: hand `target` to the router; `drain`, then close. */
export class ControlSockets implements OnApplicationShutdown {
  private readonly server: ControlServer;

  constructor(private readonly collaborators: Collaborators) {
    const { sources, adapter, logger } = collaborators;
    const failures = counter('berth_control_failures', 'Unexpected failures while serving control sockets');
    const failed = (error: unknown): void => {
      if (error instanceof AppError) return logger.debug({ err: error }, 'what the control sockets say could not be read');
      failures();
      logger.error({ err: error }, 'serving a control socket failed');
    };
    this.server = new ControlServer({ sources, adapter: adapter.create, clock: monotonicClock, failed });
    gauge('berth_control_sockets', 'Open control sockets', () => this.server.count);
    gauge('berth_control_followed', 'Tenants and sessions that are followed for control sockets', () => this.server.following);
  }

  /** Where the router sends upgrades to. */
  get target(): UpgradeTarget {
    return this.server.target;
  }

  /** Tells everybody of a tenant who is connected, at every gateway; nothing that must not be missed. */
  notify(tenantId: TenantId, notice: Notice): void {
    this.server.notify(tenantId, notice);
  }

  /** Lets go of every client within `ms`, spread out; takes none in. */
  async drain(ms: number): Promise<void> {
    await this.server.drain(ms);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server.close();
    this.collaborators.adapter.close();
  }

  /** How the gateway's module makes it. */
  static provider(): Provider {
    return {
      provide: ControlSockets,
      inject: [Store, Bus, SocketTicketsService, Principals, Attendance, LOGGER],
      useFactory: (
        store: Store,
        bus: Bus,
        ...[tickets, principals, attendance, logger]: [SocketTicketsService, Principals, Attendance, Logger]
      ) =>
        new ControlSockets({
          sources: {
            authenticate: async (ticket) => {
              const { sessionId, ...principal } = await tickets.consume(ticket);
              // A ticket for one session is no way to hear of all.
              if (sessionId !== null) throw new AppError('unauthenticated');
              return principal;
            },
            track: (principal, listener) => principals.track(principal, listener),
            tenant: (tenantId) => tenantSource(store, bus, tenantId),
            session: (tenantId, sessionId) => sessionSource(store, bus, { attendance, session: { tenantId, sessionId } }),
          },
          adapter: bus.controlAdapter(),
          logger,
        }),
    };
  }
}

const tenantSource = (store: Store, bus: Bus, tenantId: TenantId): ReturnType<ControlSources['tenant']> => ({
  list: async () => {
    const page = await store.withTenant(tenantId, ({ sessions }) => sessions.list({ limit: KNOWN_SESSIONS }), { idempotent: true });
    return page.items;
  },
  read: (ids) =>
    store.withTenant(
      tenantId,
      async ({ sessions }) => {
        const read = [];
        for (const id of ids) read.push(await sessions.get(id));
        return read;
      },
      { idempotent: true },
    ),
  listen: (rung) => bus.listen(redisChannels.tenant(tenantId), rung),
});

const sessionSource = (
  store: Store,
  bus: Bus,
  { attendance, session }: { attendance: Attendance; session: { tenantId: TenantId; sessionId: SessionId } },
): ReturnType<ControlSources['session']> => ({
  exists: async () =>
    (await store.withTenant(session.tenantId, ({ sessions }) => sessions.get(session.sessionId), { idempotent: true })) !== undefined,
  read: () => attendance.list(session),
  listen: (rung) => bus.listen(redisChannels.viewers(session.tenantId, session.sessionId), rung),
});
