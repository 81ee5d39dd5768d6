import type { ErrorCode, RunUpdate, SessionId, TenantId } from '@berth/protocol';
import { AppError, hasReached, statusAfter } from '@berth/protocol';
import type { LinkConnection } from '@berth/link';
import type { LogItem, LogRange, LoggedSession, RunRange, StoredScreen } from '@berth/log';
import type { Clock } from '@berth/session';
import type { SessionPlacement } from '@berth/store';
import type { HostAddress } from './host-links.js';
import { withScreens } from './late-screen.js';
import { LINK_RETRY_MS, REREAD_QUIET_MS, REREAD_WAITING_MS } from './limits.js';
import { RunLink } from './run-link.js';
import type { Standing } from './standing.js';
import { isNews, isOwned, updateOf } from './standing.js';
import { Viewer } from './viewer.js';
import type { ViewerLoad, ViewerRequest } from './viewer.js';
import type { ViewerSocket } from './viewer-socket.js';

/** Where a feed gets what it serves. All reject with `unavailable` while their service is away. */
export interface FeedSources {
  placement(tenantId: TenantId, sessionId: SessionId): Promise<SessionPlacement | undefined>;
  runs(tenantId: TenantId, sessionId: SessionId): Promise<readonly RunRange[]>;
  readLog(session: LoggedSession, range: LogRange): Promise<LogItem[]>;
  /** The session's newest screen. */
  readScreen(session: LoggedSession): Promise<StoredScreen | undefined>;
  connect(host: HostAddress): Promise<LinkConnection>;
  /** Calls back for every bell of the session, and once when it is listened for. */
  listen(tenantId: TenantId, sessionId: SessionId, changed: () => void): () => void;
}

export interface FeedOptions {
  tenantId: TenantId;
  sessionId: SessionId;
  sources: FeedSources;
  clock: Clock;
  /** Off only in tests that show what the fence is for. */
  fenced: boolean;
  failed: (error: unknown) => void;
}

/** One session with viewers at this gateway: follows it from run to run and host to host. */
export class SessionFeed {
  /** Resolves when the session has been read; rejects with `not_found` or with what stood in the way. */
  readonly ready: Promise<void>;
  private settleReady: { resolve: () => void; reject: (error: AppError) => void } = { resolve: () => undefined, reject: () => undefined };
  private readonly viewers = new Set<Viewer>();
  private readonly unlisten: () => void;
  private placement: SessionPlacement | undefined;
  private update: RunUpdate | undefined;
  private run: RunLink | undefined;
  private runs: Promise<readonly RunRange[]> | undefined;
  private endsKnown = false;
  private unreachable = false;
  private dialling = false;
  private reading = false;
  private readAgain = false;
  private retryMs: number = LINK_RETRY_MS.first;
  private cancelTimer: (() => void) | undefined;
  private closed = false;

  constructor(private readonly options: FeedOptions) {
    const { sources, tenantId, sessionId } = options;
    this.ready = new Promise((resolve, reject) => {
      this.settleReady = { resolve, reject };
    });
    // Those who wait for it hear of the failure; there may be none.
    this.ready.catch(() => undefined);
    // Listens first, reads then: the first call back is the first read.
    this.unlisten = sources.listen(tenantId, sessionId, () => this.refresh());
    this.refresh();
  }

  get count(): number {
    return this.viewers.size;
  }

  /** What is held for each of its viewers. */
  get loads(): ViewerLoad[] {
    return [...this.viewers].map(({ load }) => load);
  }

  attach(socket: ViewerSocket, request: ViewerRequest): Viewer {
    const { sources } = this.options;
    const viewer = new Viewer({
      socket,
      request,
      clock: this.options.clock,
      readLog: withScreens(
        (range) => this.stored((session) => sources.readLog(session, range)),
        () => this.stored((session) => sources.readScreen(session)),
      ),
      stateSeen: (run, update) => this.hear(run, update),
      misplaced: (run) => this.misplaced(run),
      failed: (error) => {
        this.options.failed(error);
        viewer.end('internal');
      },
    });
    this.viewers.add(viewer);
    const standing = this.standing();
    if (standing) viewer.follow(standing);
    return viewer;
  }

  remove(viewer: Viewer): void {
    this.viewers.delete(viewer);
  }

  close(): void {
    this.closed = true;
    this.unlisten();
    this.cancelTimer?.();
    this.run?.close();
    this.run = undefined;
  }

  /** Reads the session again; a call during a read makes another one follow. */
  private refresh(): void {
    this.readAgain = true;
    if (this.reading) return;
    this.reading = true;
    void this.readUntilQuiet().finally(() => {
      this.reading = false;
    });
  }

  private async readUntilQuiet(): Promise<void> {
    const { sources, tenantId, sessionId } = this.options;
    while (this.readAgain && !this.closed) {
      this.readAgain = false;
      try {
        const placement = await sources.placement(tenantId, sessionId);
        if (placement && !isOwned(placement.state)) await this.readEnds();
        if (!this.closed) this.found(placement);
      } catch (error) {
        if (!(error instanceof AppError)) this.options.failed(error);
        // Nobody can be told anything about a session that was never read.
        if (!this.update) this.refuse(error instanceof AppError ? error.code : 'internal');
        this.schedule(REREAD_WAITING_MS);
      }
    }
  }

  private found(placement: SessionPlacement | undefined): void {
    if (!placement) return this.refuse('not_found');
    this.placement = placement;
    const update = updateOf(placement);
    if (!this.update || isNews(this.update, update, true)) this.apply(update, 'store');
    else this.tell();
    this.settleReady.resolve();
    this.reach();
  }

  private refuse(code: ErrorCode): void {
    this.settleReady.reject(new AppError(code));
    for (const viewer of [...this.viewers]) viewer.end(code);
  }

  /** What the host of the run says of it. */
  private hear(run: RunLink, update: RunUpdate): void {
    if (run !== this.run || !this.update) return;
    this.retryMs = LINK_RETRY_MS.first;
    if (!isNews(this.update, update, false)) return;
    this.apply(update, 'host');
    // Where its output ends, only the store knows.
    if (update.state === 'closed') this.refresh();
  }

  private apply(update: RunUpdate, source: 'store' | 'host'): void {
    const newRun = this.run && this.run.epoch !== update.epoch;
    this.update = update;
    if (source === 'host' || isOwned(update.state)) {
      this.runs = undefined;
      this.endsKnown = false;
    }
    if (newRun || !isOwned(update.state)) {
      this.unreachable = false;
      this.drop();
    }
    this.tell();
  }

  /** Dials the host of a live run, and looks again later whether or not that works. */
  private reach(): void {
    const host = this.placement?.host;
    const { update } = this;
    if (!update || !this.placement || this.run || this.dialling) return this.schedule(this.run ? REREAD_QUIET_MS : REREAD_WAITING_MS);
    if (!isOwned(update.state)) return this.schedule(this.endsKnown && update.state === 'closed' ? REREAD_QUIET_MS : REREAD_WAITING_MS);
    if (!host || this.placement.epoch !== update.epoch) return this.retry();
    this.dialling = true;
    this.options.sources.connect(host).then(
      (connection) => this.connected(connection, update.epoch),
      () => this.failedToReach(),
    );
  }

  private connected(connection: LinkConnection, epoch: number): void {
    this.dialling = false;
    if (this.closed) return;
    if (!connection.open || this.update?.epoch !== epoch || !isOwned(this.update.state)) return this.retry();
    const { tenantId, sessionId, fenced } = this.options;
    const run: RunLink = new RunLink(
      connection,
      { tenantId, sessionId, epoch },
      {
        current: () => this.run === run,
        stale: (message) => this.hearStale(message),
        state: (update) => this.hear(run, update),
        disconnected: () => this.lost(run),
      },
      fenced,
    );
    this.run = run;
    this.tell();
    this.schedule(REREAD_QUIET_MS);
  }

  private hearStale(message: Buffer): void {
    if (this.options.fenced) return;
    for (const viewer of this.viewers) viewer.forward(message);
  }

  private failedToReach(): void {
    this.dialling = false;
    if (this.closed) return;
    this.setUnreachable();
    this.retry();
  }

  /** The connection to the host broke: its viewers are told at once, long before the lease ends. */
  private lost(run: RunLink): void {
    if (this.run !== run) return;
    this.drop();
    this.setUnreachable();
    this.refresh();
  }

  /** The host does not have the run: perhaps not yet, perhaps not any more. */
  private misplaced(run: RunLink): void {
    if (this.run !== run) return;
    this.drop();
    if (this.update && hasReached(this.update.state, 'running') && this.retryMs > LINK_RETRY_MS.first) this.setUnreachable();
    else this.tell();
    this.retry();
  }

  /** Looks again after a pause that grows until a host has answered a viewer. */
  private retry(): void {
    this.schedule(this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LINK_RETRY_MS.last);
  }

  private schedule(ms: number): void {
    this.cancelTimer?.();
    if (!this.closed) this.cancelTimer = this.options.clock.after(ms, () => this.refresh());
  }

  private drop(): void {
    const { run } = this;
    // No longer current first: with the fence off it keeps its channels.
    this.run = undefined;
    if (!run) return;
    this.tell();
    run.close();
  }

  private setUnreachable(): void {
    this.unreachable = this.update !== undefined && isOwned(this.update.state) && this.update.state !== 'starting';
    this.tell();
  }

  private tell(): void {
    const standing = this.standing();
    if (standing) for (const viewer of [...this.viewers]) viewer.follow(standing);
  }

  private standing(): Standing | undefined {
    const { update, placement, run, endsKnown } = this;
    if (!update || !placement) return undefined;
    const { offsetLimit, head, cols, rows } = placement;
    const unreachable = this.unreachable && !run;
    return {
      update: unreachable ? { ...update, unreachable } : update,
      final: isFinal(update, placement),
      run,
      offsetLimit,
      head,
      cols,
      rows,
      endsKnown,
    };
  }

  private async readEnds(): Promise<void> {
    const { sources, tenantId, sessionId } = this.options;
    const runs = await sources.runs(tenantId, sessionId);
    this.endsKnown = runs.every(({ end }) => end !== null);
    this.runs = Promise.resolve(runs);
  }

  /** Reads what is stored of all runs. */
  private async stored<T>(read: (session: LoggedSession) => Promise<T>): Promise<T> {
    const { sources, tenantId, sessionId } = this.options;
    const runs = (this.runs ??= sources.runs(tenantId, sessionId));
    try {
      return await read({ tenantId, sessionId, runs: await runs });
    } catch (error) {
      if (this.runs === runs) this.runs = undefined;
      throw error;
    }
  }
}

/** Whether the session is over for good: the host may know before the store does. */
function isFinal(update: RunUpdate, placement: SessionPlacement): boolean {
  if (update.state !== 'closed') return false;
  return placement.status === 'closed' || (update.closeReason !== undefined && statusAfter(update.closeReason) === 'closed');
}
