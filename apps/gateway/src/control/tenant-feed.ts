import { hash } from 'node:crypto';
import type { Bell, SessionId, SessionUpdated, SessionView } from '@berth/protocol';
import type { Clock } from '@berth/session';
import { BATCH, COALESCE_MS, KNOWN_SESSIONS, READY_MS, REREAD_MS, RETRY_MS } from './limits.js';

export interface TenantFeedOptions {
  /** The tenant's newest sessions, at most {@link KNOWN_SESSIONS}. */
  list(): Promise<readonly SessionView[]>;
  /** These sessions in their order; undefined for one that does not exist. */
  read(ids: readonly SessionId[]): Promise<readonly (SessionView | undefined)[]>;
  /** Calls back for every bell of the tenant, and once without content when it is listened for. */
  listen(rung: (bell: Bell) => void): () => void;
  emit(update: SessionUpdated): void;
  failed(error: unknown): void;
  clock: Clock;
}

/** What changes among the sessions of one tenant: bells come in, rows are read, what is new goes out. Bursts become one read. */
export class TenantFeed {
  /** Resolves when nothing that happens from now on is missed, or when waiting for that has taken too long. */
  readonly ready: Promise<void>;
  /** Digest of what was last seen of each session, least recently changed first. */
  private readonly known = new Map<SessionId, string>();
  private readonly changed = new Set<SessionId>();
  private readonly unlisten: () => void;
  private listWanted = false;
  private running = false;
  private settled = false;
  private closed = false;
  private settle: () => void = () => undefined;
  private cancelReady: () => void;
  private cancelReread: (() => void) | undefined;
  private cancelRun: (() => void) | undefined;

  constructor(private readonly options: TenantFeedOptions) {
    this.ready = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.cancelReady = options.clock.after(READY_MS, () => this.nowReady());
    this.unlisten = options.listen((bell) => this.rung(bell));
  }

  close(): void {
    this.closed = true;
    this.unlisten();
    for (const cancel of [this.cancelReady, this.cancelReread, this.cancelRun]) cancel?.();
    this.settle();
  }

  private rung({ sessionId }: Bell): void {
    if (sessionId === undefined) this.listWanted = true;
    else this.changed.add(sessionId);
    // More than can be read one by one: the list says it cheaper.
    if (this.changed.size > KNOWN_SESSIONS) {
      this.changed.clear();
      this.listWanted = true;
    }
    this.run();
  }

  /** Reads what has changed, at once; what changes meanwhile after a pause. */
  private run(): void {
    if (this.running || this.closed) return;
    this.running = true;
    void this.readOnce().then((pause) => {
      if (this.closed) return;
      this.cancelRun = this.options.clock.after(pause, () => {
        this.running = false;
        if (this.listWanted || this.changed.size > 0) this.run();
      });
    });
  }

  private async readOnce(): Promise<number> {
    try {
      if (this.listWanted) await this.readList();
      await this.readChanged();
      return COALESCE_MS;
    } catch (error) {
      this.options.failed(error);
      return RETRY_MS;
    }
  }

  /** Bells may have been lost: whatever differs from what was last seen is news, and what is not in the list may be gone. */
  private async readList(): Promise<void> {
    this.listWanted = false;
    this.cancelReread?.();
    this.cancelReread = this.options.clock.after(REREAD_MS, () => this.rung({}));
    try {
      const sessions = await this.options.list();
      const listed = new Set(sessions.map(({ id }) => id));
      for (const id of this.known.keys()) if (!listed.has(id)) this.changed.add(id);
      // Before anybody could miss anything there is nothing to tell. Oldest first, as they would have been seen.
      for (const session of sessions.toReversed()) this.seen(session.id, session, this.settled);
      this.nowReady();
    } catch (error) {
      this.listWanted = true;
      throw error;
    }
  }

  private async readChanged(): Promise<void> {
    const ids = [...this.changed].slice(0, BATCH);
    if (ids.length === 0) return;
    for (const id of ids) this.changed.delete(id);
    try {
      const sessions = await this.options.read(ids);
      for (const [index, id] of ids.entries()) this.seen(id, sessions[index] ?? null, true);
    } catch (error) {
      for (const id of ids) this.changed.add(id);
      throw error;
    }
  }

  private seen(sessionId: SessionId, session: SessionView | null, tell: boolean): void {
    if (this.closed) return;
    const state = hash('sha256', JSON.stringify(session), 'base64');
    if (this.known.get(sessionId) === state) return;
    this.known.delete(sessionId);
    if (session !== null) this.known.set(sessionId, state);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= KNOWN_SESSIONS) break;
      this.known.delete(oldest);
    }
    if (tell) this.options.emit({ sessionId, session });
  }

  private nowReady(): void {
    this.settled = true;
    this.cancelReady();
    this.settle();
  }
}
