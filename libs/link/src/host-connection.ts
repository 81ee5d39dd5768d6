import type { Socket } from 'node:net';
import type { HostId, LinkRefusal, SessionId, TenantId } from '@berth/protocol';
import { FrameError, LINK_FRAME, LINK_PROTOCOL, LinkClose, LinkHello, LinkOpen } from '@berth/protocol';
import type { ServedSession } from '@berth/session';
import { readJson } from './frame-body.js';
import type { LinkFrame } from './frame-codec.js';
import { allocateFrame, jsonFrame } from './frame-codec.js';
import type { LinkAuth } from './link-auth.js';
import { LinkSocket } from './link-socket.js';
import { SessionChannels } from './session-channels.js';

/** A gateway that has not introduced itself by then is let go. */
const HELLO_TIMEOUT_MS = 5_000;

/** The session that this host runs at that epoch, if it does. */
export type FindSession = (tenantId: TenantId, sessionId: SessionId, epoch: number) => ServedSession | undefined;

export interface HostConnectionOptions {
  auth: LinkAuth;
  hostId: HostId;
  incarnation: number;
  find: FindSession;
  onClosed: (reason: string) => void;
}

/** Host side of one gateway's connection. */
export class HostConnection {
  private readonly link: LinkSocket;
  private readonly nonce: string;
  private readonly helloTimer: NodeJS.Timeout;
  private readonly sessions = new Map<ServedSession, SessionChannels>();
  private readonly channels = new Map<number, SessionChannels>();
  private introduced = false;
  private turnPending = false;

  constructor(
    socket: Socket,
    private readonly options: HostConnectionOptions,
  ) {
    this.nonce = options.auth.nonce();
    this.link = new LinkSocket(socket, {
      frame: (frame) => {
        this.receive(frame);
      },
      drained: () => {
        this.wake();
      },
      closed: (reason) => {
        this.dispose(reason);
      },
    });
    this.helloTimer = setTimeout(() => {
      this.link.destroy('no hello');
    }, HELLO_TIMEOUT_MS);
    this.link.send(jsonFrame(LINK_FRAME.challenge, 0, { protocol: LINK_PROTOCOL, nonce: this.nonce }));
  }

  end(reason: string): void {
    this.link.end(reason);
  }

  private receive(frame: LinkFrame): void {
    if (!this.introduced) {
      this.hello(frame);
      return;
    }
    if (frame.type === LINK_FRAME.open) this.open(frame);
    else if (frame.type === LINK_FRAME.close) this.close(frame);
    else this.channels.get(frame.channel)?.receive(frame);
  }

  private hello(frame: LinkFrame): void {
    if (frame.type !== LINK_FRAME.hello) throw new FrameError('the first frame is not HELLO');
    const hello = readJson(LinkHello, frame.body);
    const { auth, hostId, incarnation } = this.options;
    if (hello.protocol !== LINK_PROTOCOL) return this.refuse('protocol');
    const signed = { theirNonce: this.nonce, ownNonce: hello.nonce, hostId: hello.hostId, incarnation: hello.incarnation };
    if (!auth.verify('gateway', signed, hello.mac)) return this.refuse('unauthenticated');
    if (hello.hostId !== hostId || hello.incarnation !== incarnation) return this.refuse('wrong_host');
    clearTimeout(this.helloTimer);
    this.introduced = true;
    const mac = auth.sign('host', { theirNonce: hello.nonce, ownNonce: this.nonce, hostId, incarnation });
    this.link.send(jsonFrame(LINK_FRAME.welcome, 0, { protocol: LINK_PROTOCOL, hostId, incarnation, mac }));
  }

  private refuse(reason: LinkRefusal['reason']): void {
    this.link.send(jsonFrame(LINK_FRAME.refuse, 0, { reason } satisfies LinkRefusal));
    this.link.end(`refused: ${reason}`);
  }

  private open({ channel, body }: LinkFrame): void {
    const open = readJson(LinkOpen, body);
    if (this.channels.has(channel)) throw new FrameError('the channel is in use');
    const session = this.options.find(open.tenantId, open.sessionId, open.epoch);
    if (!session) {
      this.link.send(allocateFrame(LINK_FRAME.notOwner, channel, 0));
      return;
    }
    const channels = this.sessions.get(session) ?? this.serve(session, open.live);
    if (this.channels.get(open.live) !== channels) throw new FrameError('the live channel belongs to another session');
    this.channels.set(channel, channels);
    channels.open(channel, open);
  }

  private serve(session: ServedSession, live: number): SessionChannels {
    const channels: SessionChannels = new SessionChannels({
      session,
      live,
      send: (frame) => {
        this.link.send(frame);
      },
      congested: () => this.link.congested,
      wake: () => {
        this.wake();
      },
      viewerGone: (channel) => {
        this.forget(channel, session, 'left');
      },
    });
    this.sessions.set(session, channels);
    this.channels.set(live, channels);
    return channels;
  }

  private close({ channel, body }: LinkFrame): void {
    const { lost } = readJson(LinkClose, body);
    const channels = this.channels.get(channel);
    const session = [...this.sessions].find(([, candidate]) => candidate === channels)?.[0];
    if (!channels || !session) return;
    channels.leave(channel);
    this.forget(channel, session, lost ? 'lost' : 'left');
  }

  private forget(channel: number, session: ServedSession, how: 'left' | 'lost'): void {
    this.channels.delete(channel);
    const channels = this.sessions.get(session);
    if (!channels?.empty) return;
    channels.dispose(how);
    this.sessions.delete(session);
    for (const [number, owner] of this.channels) if (owner === channels) this.channels.delete(number);
  }

  /** Gives every session on this connection turns, one event-loop turn apart, until nobody can send or the gateway does not read. */
  private wake(): void {
    if (this.turnPending) return;
    this.turnPending = true;
    setImmediate(() => {
      this.turnPending = false;
      if (this.link.congested) return;
      let more = false;
      for (const channels of this.sessions.values()) more = channels.turn() || more;
      if (more) this.wake();
    });
  }

  private dispose(reason: string): void {
    clearTimeout(this.helloTimer);
    for (const channels of this.sessions.values()) channels.dispose('lost');
    this.sessions.clear();
    this.channels.clear();
    this.options.onClosed(reason);
  }
}
