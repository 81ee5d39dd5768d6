import type { Socket } from 'node:net';
import type { HostId, LinkRefusal, SessionId, TenantId } from '@berth/protocol';
import { FrameError, LINK_FRAME, LINK_PROTOCOL, LinkClose, LinkHello, LinkOpen } from '@berth/protocol';
import type { ServedSession } from '@berth/session';
import { readJson } from './frame-body.js';
import { allocateFrame, jsonFrame } from './frame-codec.js';
import type { LinkFrame } from './frame-parser.js';
import type { LinkAuth } from './link-auth.js';
import { LinkSocket } from './link-socket.js';
import { SessionChannels } from './session-channels.js';
import { TurnQueue } from './turn-queue.js';

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
  private readonly turns: TurnQueue;
  private readonly nonce: string;
  private readonly helloTimer: NodeJS.Timeout;
  /** By channel number: each live channel, and each viewer's. */
  private readonly channels = new Map<number, SessionChannels>();
  private introduced = false;
  private readonly disposed: Promise<void>;
  private resolveDisposed: () => void = () => undefined;

  constructor(
    socket: Socket,
    private readonly options: HostConnectionOptions,
  ) {
    this.disposed = new Promise((resolve) => (this.resolveDisposed = resolve));
    this.nonce = options.auth.nonce();
    this.turns = new TurnQueue(() => this.link.congested);
    this.link = new LinkSocket(socket, {
      frame: (frame) => this.receive(frame),
      drained: () => this.turns.resume(),
      closed: (reason) => this.dispose(reason),
    });
    this.helloTimer = setTimeout(() => this.link.destroy('no hello'), HELLO_TIMEOUT_MS);
    this.link.send(jsonFrame(LINK_FRAME.challenge, 0, { protocol: LINK_PROTOCOL, nonce: this.nonce }));
  }

  /** Bytes that wait for the network to the gateway. */
  get buffered(): number {
    return this.link.buffered;
  }

  /** Sends what is queued, then ends the connection; resolves when its sessions have been left. */
  async end(reason: string): Promise<void> {
    this.link.end(reason);
    await this.disposed;
  }

  private receive(frame: LinkFrame): void {
    if (!this.introduced) this.hello(frame);
    else if (frame.type === LINK_FRAME.open) this.open(frame);
    else if (frame.type === LINK_FRAME.close)
      this.channels.get(frame.channel)?.leave(frame.channel, readJson(LinkClose, frame.body).lost ? 'lost' : 'left');
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
    this.link.trust();
    const mac = auth.sign('host', { theirNonce: hello.nonce, ownNonce: this.nonce, hostId, incarnation });
    this.link.send(jsonFrame(LINK_FRAME.welcome, 0, { protocol: LINK_PROTOCOL, hostId, incarnation, mac }));
  }

  private refuse(reason: LinkRefusal['reason']): void {
    this.link.send(jsonFrame(LINK_FRAME.refuse, 0, { reason } satisfies LinkRefusal));
    this.link.end(`refused: ${reason}`);
  }

  private open({ channel, body }: LinkFrame): void {
    const open = readJson(LinkOpen, body);
    if (channel === 0 || channel === open.live || this.channels.has(channel)) throw new FrameError('the channel is in use');
    const session = this.options.find(open.tenantId, open.sessionId, open.epoch);
    if (!session) return this.link.send(allocateFrame(LINK_FRAME.notOwner, channel, 0));
    this.disownEarlierRuns(session);
    const channels = this.channels.get(open.live) ?? this.serve(session, open.live);
    if (channels.session !== session || channels.liveChannel !== open.live)
      throw new FrameError('the live channel belongs to another session');
    this.channels.set(channel, channels);
    channels.open(channel, open);
  }

  /** A later run of a session ends what viewers have of its earlier ones. */
  private disownEarlierRuns({ identity }: ServedSession): void {
    for (const channels of new Set(this.channels.values())) {
      const { tenantId, sessionId, epoch } = channels.session.identity;
      if (tenantId === identity.tenantId && sessionId === identity.sessionId && epoch < identity.epoch) channels.disown();
    }
  }

  private serve(session: ServedSession, live: number): SessionChannels {
    const channels = new SessionChannels({
      session,
      live,
      link: this.link,
      turns: this.turns,
      onViewerGone: (channel, how) => {
        this.channels.delete(channel);
        if (!channels.empty) return;
        channels.dispose(how);
        this.channels.delete(live);
      },
    });
    this.channels.set(live, channels);
    return channels;
  }

  private dispose(reason: string): void {
    clearTimeout(this.helloTimer);
    this.turns.stop();
    for (const channels of new Set(this.channels.values())) channels.dispose('lost');
    this.channels.clear();
    this.options.onClosed(reason);
    this.resolveDisposed();
  }
}
