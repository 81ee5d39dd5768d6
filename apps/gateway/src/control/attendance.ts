import { randomUUID } from 'node:crypto';
import type { SessionKey } from '@berth/bus';
import { Bus, PRESENCE_REFRESH_MS } from '@berth/bus';
import type { SessionId, TenantId, UserId, Viewer } from '@berth/protocol';
import { AppError, ROLE, redisChannels } from '@berth/protocol';
import { Store } from '@berth/store';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Attend } from '../bytes/viewer.js';
import type { TenantScope } from '../edge/scope.js';
import { LOGGER } from '../logger.js';

/** Viewers of one session at this gateway, by id. */
interface Attended {
  session: SessionKey;
  viewers: Map<string, Viewer>;
}

const roleOf = (role: Parameters<Attend>[0]): Viewer['role'] => (role === ROLE.driver ? 'driver' : 'viewer');

/** Who is attached to sessions: keeps this gateway's viewers alive in Redis, and reads everybody's. */
@Injectable()
export class Attendance implements OnApplicationShutdown {
  private readonly attended = new Map<string, Attended>();
  private readonly names = new Map<string, string>();
  private readonly timer: NodeJS.Timeout;
  private refreshing = false;
  private naming = false;

  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.refresh(), PRESENCE_REFRESH_MS);
  }

  /** One connection's entry: there from the first role on, gone for good with `undefined`. */
  attend(session: SessionKey, userId: UserId): Attend {
    const since = new Date().toISOString();
    const id = randomUUID();
    return (role) => {
      if (role === undefined) this.leave(session, id);
      else void this.enter(session, { id, userId, name: '', role: roleOf(role), since });
    };
  }

  /** Everybody who is attached, at any gateway; while Redis is away those of this one. */
  async list(session: SessionKey): Promise<Viewer[]> {
    const mine = [...(this.attended.get(keyOf(session))?.viewers.values() ?? [])].filter(isNamed);
    const all = await this.bus.presence.read(session).catch(() => []);
    // Ours are known here before Redis has them.
    const ids = new Set(mine.map(({ id }) => id));
    return [...all.filter(({ id }) => !ids.has(id)), ...mine].sort((a, b) => order(a).localeCompare(order(b)));
  }

  /** As {@link list}, for a member who asks; rejects with `not_found` when the tenant has no such session. */
  async show({ tenantId }: TenantScope, sessionId: SessionId): Promise<Viewer[]> {
    if (!(await this.store.withTenant(tenantId, ({ sessions }) => sessions.get(sessionId)))) throw new AppError('not_found');
    return this.list({ tenantId, sessionId });
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async enter(session: SessionKey, viewer: Viewer): Promise<void> {
    const { viewers } = this.of(session);
    viewers.set(viewer.id, viewer);
    viewer.name = this.names.get(nameKey(session.tenantId, viewer.userId)) ?? '';
    if (!isNamed(viewer)) await this.readNames(session.tenantId);
    viewer.name = this.names.get(nameKey(session.tenantId, viewer.userId)) ?? '';
    // It may have left meanwhile, or have another role; without a name the next refresh shows it.
    if (viewers.get(viewer.id) === viewer && isNamed(viewer)) await this.update(session, { here: [viewer] });
  }

  private leave(session: SessionKey, id: string): void {
    const key = keyOf(session);
    const viewers = this.attended.get(key)?.viewers;
    if (!viewers?.delete(id)) return;
    if (viewers.size === 0) this.attended.delete(key);
    if (this.attended.size === 0) this.names.clear();
    void this.update(session, { gone: [id] });
  }

  private async update(session: SessionKey, change: { here?: Viewer[]; gone?: string[] }): Promise<void> {
    // While Redis is away the bell reaches those who watch here, and they are told of our own viewers.
    const news = await this.bus.presence.update(session, change).catch(() => true);
    if (news) void this.bus.ring(redisChannels.viewers(session.tenantId, session.sessionId));
  }

  /** Says again who is here. Names are read beside it, and show with the next one: nobody disappears because Postgres takes its time. */
  private async refresh(): Promise<void> {
    void this.refreshNames();
    if (this.refreshing) return;
    this.refreshing = true;
    await Promise.all([...this.attended.values()].map((attended) => this.refreshSession(attended)));
    this.refreshing = false;
  }

  private async refreshNames(): Promise<void> {
    if (this.naming) return;
    this.naming = true;
    const tenants = new Set([...this.attended.values()].map(({ session }) => session.tenantId));
    await Promise.all([...tenants].map((tenantId) => this.readNames(tenantId)));
    this.naming = false;
  }

  private async refreshSession({ session, viewers }: Attended): Promise<void> {
    for (const viewer of viewers.values()) viewer.name = this.names.get(nameKey(session.tenantId, viewer.userId)) ?? viewer.name;
    const here = [...viewers.values()].filter(isNamed);
    if (here.length > 0) await this.update(session, { here });
  }

  /** While Postgres is away people keep the names that are known. */
  private async readNames(tenantId: TenantId): Promise<void> {
    try {
      const members = await this.store.withTenant(tenantId, ({ members }) => members.list(), { idempotent: true });
      for (const { user } of members) this.names.set(nameKey(tenantId, user.id), user.name);
    } catch (error) {
      this.logger.debug({ err: error }, 'the names of members could not be read');
    }
  }

  private of(session: SessionKey): Attended {
    const key = keyOf(session);
    const attended = this.attended.get(key) ?? { session, viewers: new Map<string, Viewer>() };
    this.attended.set(key, attended);
    return attended;
  }
}

const keyOf = ({ tenantId, sessionId }: SessionKey): string => `${tenantId}/${sessionId}`;
const nameKey = (tenantId: TenantId, userId: UserId): string => `${tenantId}/${userId}`;
const isNamed = ({ name }: Viewer): boolean => name !== '';
const order = ({ since, id }: Viewer): string => `${since} ${id}`;
