import type { ControlAnswer, ControlEvents, MemberRole, Notice, SessionId, TenantId, Viewer } from '@berth/protocol';
import { AppError, CONTROL_CALLS, issuesOf, toProblem } from '@berth/protocol';
import type { LivePrincipal } from '@berth/store';
import type { Socket } from 'socket.io';
import type { TrackPrincipal } from '../bytes/byte-connection.js';
import { MAX_WATCHES } from './limits.js';

/** What the server says, and to whom that goes is a room. */
export type ControlSocketServer = Socket<Record<string, never>, ControlEvents>;

/** Rooms of the sockets. Ids hold no slash, so rooms cannot collide. */
export const rooms = {
  tenant: (tenantId: TenantId) => `tenant/${tenantId}`,
  watchers: (tenantId: TenantId, sessionId: SessionId) => `watchers/${tenantId}/${sessionId}`,
  gateway: (gatewayId: string) => `gateway/${gatewayId}`,
} as const;

/** The presence in one session, kept up to date in a room. */
export interface Watch {
  room: string;
  /** Who is there now, as far as is known. */
  read(): Promise<Viewer[]>;
  release(): void;
}

export interface ControlConnectionOptions {
  socket: ControlSocketServer;
  principal: LivePrincipal;
  track: TrackPrincipal;
  /** Rejects with `not_found`. */
  watch(tenantId: TenantId, sessionId: SessionId): Promise<Watch>;
  failed(error: unknown): void;
}

/** One client of the control socket, from its admission to its end. */
export class ControlConnection {
  private readonly watched = new Map<SessionId, Watch>();
  private readonly untrack: () => void;
  /** Calls are carried out one after the other, as they came. */
  private calls: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: ControlConnectionOptions) {
    const { socket, principal, track } = options;
    this.untrack = track(principal, { revoked: () => this.end(), roleChanged: (role) => this.say(roleNotice(role)) });
    // Nothing that a client sends is emitted as an event: the parser lets names through that the server takes for its own, such as `disconnect`.
    socket.use(([name, input, answer]: unknown[]) => {
      this.calls = this.calls.then(() => this.called(name, input, answer));
    });
    // Broken packets: the connection is closed by then.
    socket.on('error' as never, (() => undefined) as never);
    socket.on('disconnect', () => this.close());
  }

  say(notice: Notice): void {
    this.options.socket.emit('notice', notice);
  }

  /** Closes the client's connection; it may come back if it is still welcome. */
  end(): void {
    this.options.socket.disconnect(true);
  }

  /** Never rejects. */
  private async called(name: unknown, input: unknown, answer: unknown): Promise<void> {
    if (this.closed) return;
    const reply = (given: ControlAnswer): void => {
      if (typeof answer === 'function') (answer as (answer: ControlAnswer) => void)(given);
    };
    try {
      await this.carryOut(name, input);
      reply({ ok: true });
    } catch (error) {
      if (!(error instanceof AppError)) this.options.failed(error);
      reply({ ok: false, problem: error instanceof AppError ? toProblem(error.code, error.details) : toProblem('internal', {}) });
    }
  }

  private async carryOut(name: unknown, input: unknown): Promise<void> {
    if (name === 'session.watch') return this.watch(sessionOf(name, input));
    if (name === 'session.unwatch') return this.unwatch(sessionOf(name, input));
    throw new AppError('invalid_request', { detail: 'This version has no such call.' });
  }

  /** Says who is there, also to a client that watches already: it may have another page that has just asked. */
  private async watch(sessionId: SessionId): Promise<void> {
    const { socket } = this.options;
    const watch = this.watched.get(sessionId) ?? (await this.begin(sessionId));
    const viewers = await watch.read();
    socket.emit('session.presence', { sessionId, viewers });
  }

  private async begin(sessionId: SessionId): Promise<Watch> {
    const { socket, principal } = this.options;
    if (this.watched.size >= MAX_WATCHES) {
      throw new AppError('rate_limited', { detail: `Watch at most ${MAX_WATCHES} sessions on one connection.`, limit: 'watches' });
    }
    const watch = await this.options.watch(principal.tenantId, sessionId);
    if (this.closed) {
      watch.release();
      return watch;
    }
    // In the room first, so that what changes while it is read is told.
    void socket.join(watch.room);
    this.watched.set(sessionId, watch);
    return watch;
  }

  private unwatch(sessionId: SessionId): void {
    const watch = this.watched.get(sessionId);
    if (!watch) return;
    this.watched.delete(sessionId);
    void this.options.socket.leave(watch.room);
    watch.release();
  }

  private close(): void {
    this.closed = true;
    this.untrack();
    for (const watch of this.watched.values()) watch.release();
    this.watched.clear();
    // Without this a client could leave the conversation and keep its connection, which nothing would time out.
    this.options.socket.conn.close();
  }
}

/** A name that no session can have is answered as one that no session has. */
function sessionOf(call: keyof typeof CONTROL_CALLS, input: unknown): SessionId {
  const { data, error } = CONTROL_CALLS[call].safeParse(input);
  if (data) return data.sessionId;
  const issues = issuesOf(error);
  if (issues.every(({ path }) => path === 'sessionId') && typeof (input as { sessionId?: unknown }).sessionId === 'string') {
    throw new AppError('not_found');
  }
  throw new AppError('invalid_request', { issues });
}

const roleNotice = (role: MemberRole): Notice => ({ level: 'info', text: `Your role in this tenant is now ${role}.`, subject: 'members' });
