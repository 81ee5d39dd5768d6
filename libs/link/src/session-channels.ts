import type { LinkOpen } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { ServedSession } from '@berth/session';
import { readNumber, readOffset, readSize } from './frame-body.js';
import { allocateFrame, jsonFrame } from './frame-codec.js';
import type { LinkFrame } from './frame-parser.js';
import type { Carrier } from './live-output.js';
import { LiveOutput } from './live-output.js';
import { ServedViewer } from './served-viewer.js';

export interface SessionChannelsOptions extends Carrier {
  session: ServedSession;
  live: number;
  /** A viewer's channel is gone; `how` it went. */
  onViewerGone: (channel: number, how: 'left' | 'lost') => void;
}

/** Asked whether it is there after `rival` had attached. */
interface Asked {
  open: LinkOpen;
  rival: object;
}

/** One session on one connection: its live channel, and a channel for each viewer. */
export class SessionChannels {
  private readonly viewers = new Map<number, ServedViewer>();
  /** Those who would supersede another connection of their client, and have not shown yet that they are the newer one. */
  private readonly asked = new Map<number, Asked>();
  private readonly joined = new Set<number>();
  private readonly live: LiveOutput;
  private readonly unwatch: () => void;
  /** A viewer that is being attached may supersede the only other one; the session is not left for that. */
  private opening = false;

  constructor(private readonly options: SessionChannelsOptions) {
    const { session, live, link, turns } = options;
    this.live = new LiveOutput({
      session,
      channel: live,
      link,
      turns,
      onBehind: () => {
        this.joined.clear();
        this.wakeViewers();
      },
      onUncarried: () => this.wakeViewers(),
    });
    this.unwatch = session.watch(this.live);
  }

  get session(): ServedSession {
    return this.options.session;
  }

  get liveChannel(): number {
    return this.options.live;
  }

  get empty(): boolean {
    return this.viewers.size === 0 && this.asked.size === 0 && !this.opening;
  }

  open(channel: number, open: LinkOpen): void {
    const { session, link } = this.options;
    const rival = session.rivalOf(open);
    if (!rival) return this.attach(channel, open);
    // A connection that was cut while its OPEN was under way may come behind its own successor: it cannot answer any more.
    this.asked.set(channel, { open, rival });
    link.send(allocateFrame(LINK_FRAME.prove, channel, 0));
  }

  private attach(channel: number, open: LinkOpen): void {
    const { session, link, turns, onViewerGone } = this.options;
    if (open.from > session.head) {
      link.send(jsonFrame(LINK_FRAME.close, channel, { code: 'invalid_request' }));
      return onViewerGone(channel, 'left');
    }
    this.opening = true;
    const viewer = new ServedViewer({
      session,
      live: this.live,
      channel,
      open,
      link,
      turns,
      onJoined: (joined) => (joined ? this.joined.add(channel) : this.leaveLive(channel)),
      onClosed: () => this.forget(channel, 'left'),
    });
    this.viewers.set(channel, viewer);
    this.opening = false;
  }

  /** Frame of the gateway on one of this session's channels. */
  receive(frame: LinkFrame): void {
    const asked = this.asked.get(frame.channel);
    if (frame.channel === this.options.live) this.receiveLive(frame);
    else if (asked) this.receiveAsked(asked, frame);
    else this.viewers.get(frame.channel)?.receive(frame);
  }

  /** The gateway has closed a viewer. */
  leave(channel: number, how: 'left' | 'lost'): void {
    const viewer = this.viewers.get(channel);
    if (!viewer && !this.asked.delete(channel)) return;
    viewer?.detach();
    this.forget(channel, how);
  }

  /** Tells every viewer that this run is not the session's any more. */
  disown(): void {
    for (const channel of [...this.viewers.keys(), ...this.asked.keys()]) {
      this.options.link.send(allocateFrame(LINK_FRAME.notOwner, channel, 0));
      this.leave(channel, 'left');
    }
  }

  /** Takes everything down. `lost`: the connection broke and its viewers may be back in a moment. */
  dispose(how: 'left' | 'lost'): void {
    this.unwatch();
    this.options.turns.remove(this.live);
    for (const viewer of this.viewers.values()) viewer.detach();
    this.viewers.clear();
    this.asked.clear();
    this.options.session.release(this, how);
  }

  private forget(channel: number, how: 'left' | 'lost'): void {
    this.viewers.delete(channel);
    this.leaveLive(channel);
    this.options.onViewerGone(channel, how);
  }

  /** Without anybody who has joined, live output would only cross the network to be thrown away. */
  private leaveLive(channel: number): void {
    if (!this.joined.delete(channel) || this.joined.size > 0) return;
    this.live.stop();
    this.wakeViewers();
  }

  private wakeViewers(): void {
    for (const viewer of this.viewers.values()) if (viewer.catchingUp) this.options.turns.wake(viewer);
  }

  private receiveAsked({ open, rival }: Asked, { type, channel, body }: LinkFrame): void {
    if (type === LINK_FRAME.resize) this.asked.set(channel, { rival, open: { ...open, ...readSize(body) } });
    if (type !== LINK_FRAME.proven) return;
    this.asked.delete(channel);
    // The answer was given after `rival` had attached; of one that attached meanwhile it says nothing.
    if (this.options.session.rivalOf(open) === rival) this.attach(channel, open);
    else this.open(channel, open);
  }

  private receiveLive({ type, body }: LinkFrame): void {
    if (type === LINK_FRAME.ack) this.options.session.acknowledge(this, Math.min(readOffset(body), this.options.session.head));
    if (type === LINK_FRAME.credit) this.live.addCredit(readNumber(body));
  }
}
