import type { LinkOpen } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { LinkFrame } from './frame-parser.js';
import { jsonFrame } from './frame-codec.js';
import type { LinkSocket } from './link-socket.js';
import { LiveChannel } from './live-channel.js';
import type { ChannelOwner, LiveChannelEvents } from './live-channel.js';
import { ViewerChannel } from './viewer-channel.js';
import type { ViewerCarrier, ViewerChannelEvents } from './viewer-channel.js';

/** Gateway side of an established connection to one host. */
export class LinkConnection {
  private readonly viewers = new Map<number, ViewerChannel>();
  private readonly lives = new Map<number, LiveChannel>();
  /** Viewers whose input was not taken. */
  private readonly refused = new Set<ViewerChannel>();
  private lastChannel = 0;
  private endedBecause: string | undefined;

  constructor(
    private readonly link: LinkSocket,
    private readonly onClosed: (reason: string) => void,
  ) {}

  /** Whether the connection still stands. */
  get open(): boolean {
    return this.endedBecause === undefined;
  }

  /** Bytes that wait for the network to the host. */
  get buffered(): number {
    return this.link.buffered;
  }

  /** The live channel of a session; one for each session is enough. */
  openLive(events: LiveChannelEvents): LiveChannel {
    const channel = this.nextChannel();
    const live = new LiveChannel(channel, this.channelOwner(), events);
    this.lives.set(channel, live);
    return live;
  }

  /** Ends the connection after what is queued on it. */
  close(): void {
    this.link.end('closed by this gateway');
  }

  receive(frame: LinkFrame): void {
    const viewer = this.viewers.get(frame.channel);
    if (viewer) viewer.receive(frame);
    else this.lives.get(frame.channel)?.receive(frame);
  }

  /** The socket is gone: every channel with it. */
  disconnected(reason: string): void {
    this.endedBecause = reason;
    const lives = [...this.lives.values()];
    this.viewers.clear();
    this.refused.clear();
    this.lives.clear();
    this.onClosed(reason);
    for (const live of lives) live.disconnected(reason);
  }

  /** The host reads again: who was refused comes in the order in which he was, and some of them will be refused again. */
  drained(): void {
    const refused = [...this.refused];
    this.refused.clear();
    for (const viewer of refused) viewer.drained();
  }

  private carrier(channel: number): ViewerCarrier {
    return {
      send: (frame) => this.link.send(frame),
      takesInput: (viewer) => {
        if (!this.link.congested) return true;
        this.refused.add(viewer);
        return false;
      },
      gone: () => {
        const viewer = this.viewers.get(channel);
        if (viewer) this.refused.delete(viewer);
        this.viewers.delete(channel);
      },
    };
  }

  private nextChannel(): number {
    return ++this.lastChannel;
  }

  private channelOwner(): ChannelOwner {
    const send = (frame: Buffer) => {
      this.link.send(frame);
    };
    return {
      send,
      addViewer: (open: LinkOpen, events: ViewerChannelEvents) => {
        const channel = this.nextChannel();
        const viewer = new ViewerChannel(channel, this.carrier(channel), events);
        this.viewers.set(channel, viewer);
        send(jsonFrame(LINK_FRAME.open, channel, open));
        return viewer;
      },
      removeLive: (channel) => this.lives.delete(channel),
    };
  }
}
