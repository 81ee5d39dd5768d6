import { Bus } from '@berth/bus';
import { AppError, redisChannels } from '@berth/protocol';
import type { LivePrincipal, Principal } from '@berth/store';
import { Store } from '@berth/store';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../logger.js';

/** Within this a lost bell is made up for: a revoked sign-in, member or role takes effect within 5 s. */
const REREAD_MS = 3_000;

/** What an open socket needs to know of the person behind it. */
export interface PrincipalListener {
  /** The sign-in or the membership has ended. */
  revoked(): void;
  roleChanged(role: LivePrincipal['role']): void;
}

interface Tracked {
  principal: LivePrincipal;
  listener: PrincipalListener;
}

const keyOf = ({ tenantId, userId, familyId }: Principal): string => `${tenantId}/${userId}/${familyId}`;

/**
 * Who is still welcome: checked for every request, and for open sockets every few seconds in one query, or at once when a bell rings. A sign-in is
 * asked for once, however many sockets it has.
 */
@Injectable()
export class Principals implements OnApplicationShutdown {
  /** Open sockets by sign-in. */
  private readonly tracked = new Map<string, Set<Tracked>>();
  private readonly recent = new Map<string, { principal: LivePrincipal; until: number }>();
  private readonly timer: NodeJS.Timeout;
  private readonly unlisten: () => void;
  private rereading = false;
  private again = false;

  constructor(
    private readonly store: Store,
    bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.reread(), REREAD_MS);
    this.unlisten = bus.listen(redisChannels.principals(), () => void this.reread());
  }

  /** The principal with its present role. Rejects with `unauthenticated` when sign-in or membership have ended, `unavailable` without Postgres. */
  async require(principal: Principal): Promise<LivePrincipal> {
    const key = keyOf(principal);
    const known = this.recent.get(key);
    if (known && known.until > performance.now()) return known.principal;
    const [live] = await this.live([principal]);
    if (!live) throw new AppError('unauthenticated');
    this.recent.set(key, { principal: live, until: performance.now() + REREAD_MS });
    return live;
  }

  /** Watches over an open socket until the returned function is called. */
  track(principal: LivePrincipal, listener: PrincipalListener): () => void {
    const entry = { principal, listener };
    const entries = this.tracked.get(keyOf(principal)) ?? new Set();
    this.tracked.set(keyOf(principal), entries.add(entry));
    return () => this.forget(entry);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.unlisten();
  }

  private live(principals: Principal[]): Promise<LivePrincipal[]> {
    return this.store.withSystem('principals', ({ principals: repository }) => repository.live(principals));
  }

  /** While Postgres is away nobody's rights change either: the next round tries again. */
  private async reread(): Promise<void> {
    this.recent.clear();
    if (this.rereading) this.again = true;
    if (this.rereading || this.tracked.size === 0) return;
    this.rereading = true;
    this.again = false;
    const asked = [...this.tracked.values()].map((entries) => [...entries]);
    try {
      const answers = await this.live(asked.flatMap(([first]) => (first ? [first.principal] : [])));
      const live = new Map(answers.map((principal) => [keyOf(principal), principal]));
      for (const entry of asked.flat()) this.apply(entry, live.get(keyOf(entry.principal)));
    } catch (error) {
      this.logger.warn({ err: error }, 'principals could not be read again');
    }
    this.rereading = false;
    // A bell that rang meanwhile may be about what has been read already.
    if (this.again) await this.reread();
  }

  private apply(entry: Tracked, live: LivePrincipal | undefined): void {
    if (!this.tracked.get(keyOf(entry.principal))?.has(entry)) return;
    if (!live) {
      this.forget(entry);
      entry.listener.revoked();
      return;
    }
    const changed = live.role !== entry.principal.role;
    entry.principal = live;
    if (changed) entry.listener.roleChanged(live.role);
  }

  private forget(entry: Tracked): void {
    const key = keyOf(entry.principal);
    const entries = this.tracked.get(key);
    if (entries?.delete(entry) && entries.size === 0) this.tracked.delete(key);
  }
}
