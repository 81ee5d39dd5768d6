import type { Duplex } from 'node:stream';
import type { ClientFrame, ErrorCode, TenantId, UserId } from '@berth/protocol';
import { ATTACH_TIMEOUT_MS, AppError, SessionId } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { LivePrincipal } from '@berth/store';
import type { WebSocket } from 'ws';
import { mayDrive } from '../edge/scope.js';
import type { FeedHold, SessionFeeds } from './session-feeds.js';
import type { ByteUpgrade } from './upgrade-check.js';
import type { Attend, Viewer } from './viewer.js';
import { ViewerSocket } from './viewer-socket.js';

/** Whether a signed-in person is still welcome; calls back when not. The returned function ends the watch. */
export type TrackPrincipal = (
  principal: LivePrincipal,
  listener: { revoked(): void; roleChanged(role: LivePrincipal['role']): void },
) => () => void;

/** Where it is written down that a person is attached to a session. */
export type AttendSession = (session: { tenantId: TenantId; sessionId: SessionId }, userId: UserId) => Attend;

export interface ByteConnectionOptions {
  websocket: WebSocket;
  /** What the WebSocket reads from and writes to. */
  socket: Duplex;
  upgrade: ByteUpgrade;
  /** Rejects with the error that the socket is to be closed with. */
  authenticate: () => Promise<LivePrincipal>;
  track: TrackPrincipal;
  attend: AttendSession;
  feeds: SessionFeeds;
  clock: Clock;
  failed: (error: unknown) => void;
  /** It has attached, or it is gone: it no longer counts as half-open. */
  settled: () => void;
  closed: () => void;
}

/** One client from its upgrade to its end: who it is, which session, then ATTACH, then a viewer. */
export class ByteConnection {
  private readonly socket: ViewerSocket;
  private readonly cancels: (() => void)[] = [];
  private cancelTimeout: (() => void) | undefined;
  private hold: (FeedHold & { attend: Attend }) | undefined;
  private viewer: Viewer | undefined;
  private ended = false;

  constructor(private readonly options: ByteConnectionOptions) {
    this.socket = new ViewerSocket(options, options.clock, (lost) => this.closed(lost));
  }

  /** Never rejects: whatever stands in the way becomes a close code. */
  async serve(): Promise<void> {
    try {
      const principal = await this.admit();
      if (this.ended) return;
      this.cancelTimeout = this.options.clock.after(ATTACH_TIMEOUT_MS, () => this.end('invalid_request'));
      this.socket.start((frame) => this.receive(frame, principal));
    } catch (error) {
      if (!(error instanceof AppError)) this.options.failed(error);
      this.end(error instanceof AppError ? error.code : 'internal');
    }
  }

  /** Closes the client's socket, and its viewer with the input that is still on its way. */
  end(code: ErrorCode): void {
    if (this.viewer) this.viewer.end(code);
    else this.socket.close(code);
  }

  /** Called every {@link BEAT_MS}: lets go of a client that takes nothing, or that is gone. */
  beat(): void {
    this.viewer?.beat();
    this.socket.beat();
  }

  private async admit(): Promise<LivePrincipal> {
    const { upgrade, authenticate, feeds, track, attend } = this.options;
    if (upgrade.secretInUrl) throw new AppError('unauthenticated');
    const principal = await authenticate();
    if (!upgrade.speaks) throw new AppError('invalid_request');
    const sessionId = SessionId.safeParse(upgrade.sessionId);
    if (!sessionId.success) throw new AppError('not_found');
    if (this.ended) return principal;
    this.cancels.push(
      track(principal, { revoked: () => this.end('unauthenticated'), roleChanged: (role) => this.roleChanged(principal, role) }),
    );
    const session = { tenantId: principal.tenantId, sessionId: sessionId.data };
    this.hold = { ...feeds.hold(session.tenantId, session.sessionId), attend: attend(session, principal.userId) };
    await this.hold.feed.ready;
    return principal;
  }

  /** Who may not type any more may come back to watch. */
  private roleChanged(before: LivePrincipal, role: LivePrincipal['role']): void {
    if (mayDrive(before.role) && !mayDrive(role)) this.end('forbidden');
  }

  private receive(frame: ClientFrame, principal: LivePrincipal): void {
    if (this.viewer) return this.viewer.receive(frame);
    if (frame.type !== 'attach' || !this.hold) return this.end('invalid_request');
    this.options.settled();
    this.cancelTimeout?.();
    const { feed, attend } = this.hold;
    const viewer = feed.attach(this.socket, { attach: frame, principal: principal.userId, mayDrive: mayDrive(principal.role), attend });
    this.viewer = viewer;
    this.cancels.push(() => feed.remove(viewer));
  }

  private closed(lost: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.viewer?.dispose({ lost });
    this.cancelTimeout?.();
    for (const cancel of this.cancels) cancel();
    this.hold?.release();
    this.options.settled();
    this.options.closed();
  }
}
