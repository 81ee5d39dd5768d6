import type { Bus } from '@berth/bus';
import { redisChannels } from '@berth/protocol';
import type { Bell, SessionId, TenantId } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { Leases } from '@berth/store/leases';
import type { Logger } from 'pino';
import type { KeptSession, SessionFolders } from '../host/session-folders.js';
import { PacedLoop } from './paced-loop.js';

/** A deletion whose bell nobody heard is found within this time. */
const PERIOD_MS = 180_000;
const LONGEST_PAUSE_MS = 600_000;
/** Ids of one question to the store. */
const AT_ONCE = 500;

export interface DeletedSessionsOptions {
  clock: Clock;
  leases: Pick<Leases, 'deletedSessions'>;
  bus: Pick<Bus, 'listen'>;
  folders: Pick<SessionFolders, 'list' | 'remove'>;
  /** Whether the session runs here, or is about to. */
  isLive(sessionId: SessionId): boolean;
  logger: Logger;
}

/** Removes the folders of sessions that members have deleted: all of them at the start and now and then, one when its bell rings. */
export class DeletedSessions {
  private readonly loop: PacedLoop;
  private readonly kept = new Set<SessionId>();
  private readonly bells = new Map<TenantId, () => void>();
  /** What to look at next; nothing in particular: everything. */
  private readonly rung = new Set<SessionId>();
  /** Folders that could not be removed: said once. */
  private readonly stuck = new Set<SessionId>();

  constructor(private readonly options: DeletedSessionsOptions) {
    const { clock, logger } = options;
    this.loop = new PacedLoop({
      clock,
      periodMs: PERIOD_MS,
      longestPauseMs: LONGEST_PAUSE_MS,
      job: () => this.sweep(),
      outage: (error) => logger.warn({ err: error }, 'folders of deleted sessions cannot be removed; trying on'),
      recovered: () => logger.info('folders of deleted sessions are removed again'),
    });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    for (const stop of this.bells.values()) stop();
    await this.loop.stop();
  }

  /** The session has folders here, or soon will. */
  keep({ sessionId, tenantId }: KeptSession): void {
    this.kept.add(sessionId);
    if (this.bells.has(tenantId)) return;
    const listener = (bell: Bell): void => this.onBell(bell);
    this.bells.set(tenantId, this.options.bus.listen(redisChannels.tenant(tenantId), listener));
  }

  /** A run of the session has ended here; its bell may have rung while the run was still there. */
  ended(sessionId: SessionId): void {
    if (this.kept.has(sessionId)) this.look(sessionId);
  }

  /** Whatever it rings for, only a session that does not run here can have been deleted. A bell without a name is left to the next round. */
  private onBell({ sessionId }: Bell): void {
    if (sessionId !== undefined && this.kept.has(sessionId) && !this.options.isLive(sessionId)) this.look(sessionId);
  }

  private look(sessionId: SessionId): void {
    this.rung.add(sessionId);
    this.loop.wake();
  }

  private async sweep(): Promise<void> {
    const { folders, leases, isLive } = this.options;
    const all = this.rung.size > 0 ? undefined : await folders.list();
    for (const session of all ?? []) this.keep(session);
    const ids = (all?.map(({ sessionId }) => sessionId) ?? [...this.rung]).filter((id) => !isLive(id));
    this.rung.clear();
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      for (const sessionId of await leases.deletedSessions(ids.slice(from, from + AT_ONCE))) await this.remove(sessionId);
    }
  }

  /** One that cannot be removed, as when a program of another user has written into it, is tried again by each round and stands in no other's way. */
  private async remove(sessionId: SessionId): Promise<void> {
    const { folders, logger } = this.options;
    try {
      await folders.remove(sessionId);
      this.kept.delete(sessionId);
      this.stuck.delete(sessionId);
      logger.info({ sessionId }, 'removed the folders of a deleted session');
    } catch (error) {
      if (!this.stuck.has(sessionId))
        logger.warn({ err: error, sessionId }, 'the folders of a deleted session cannot be removed; trying on');
      this.stuck.add(sessionId);
    }
  }
}
