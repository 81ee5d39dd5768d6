import type { LinkOpen, RunUpdate } from '@berth/protocol';
import { LINK_FRAME, RunUpdate as RunUpdateSchema } from '@berth/protocol';
import type { PlacedSize } from '@berth/session';
import { CREDIT_STEP } from './credit.js';
import { readJson, readOffset, readOutput, readPlacedSize } from './frame-body.js';
import type { LinkFrame } from './frame-parser.js';
import { numberFrame, offsetFrame } from './frame-codec.js';
import type { ViewerChannel, ViewerChannelEvents } from './viewer-channel.js';

/** What the host says about a session to all viewers of this gateway. Byte views are valid in the turn of the call only. */
export interface LiveChannelEvents {
  output(offset: number, bytes: Uint8Array): void;
  /** This gateway read too slowly: live output stops until a viewer has caught up again. */
  behind(ringStart: number): void;
  /** In order with the output. */
  resized(size: PlacedSize): void;
  state(update: RunUpdate): void;
  /** The connection to the host is gone, and every channel with it. */
  disconnected(reason: string): void;
}

/** What a live channel needs of its connection. */
export interface ChannelOwner {
  send(frame: Buffer): void;
  addViewer(open: LinkOpen, events: ViewerChannelEvents): ViewerChannel;
  removeLive(channel: number): void;
}

/** Gateway side of a session's live channel. It comes to life with the first viewer that is opened on it. */
export class LiveChannel {
  private unreturned = 0;

  constructor(
    private readonly channel: number,
    private readonly owner: ChannelOwner,
    private readonly events: LiveChannelEvents,
  ) {}

  openViewer(open: Omit<LinkOpen, 'live'>, events: ViewerChannelEvents): ViewerChannel {
    return this.owner.addViewer({ ...open, live: this.channel }, events);
  }

  /** Tells the host how far the furthest viewer of this gateway has parsed. */
  ack(parsedUpTo: number): void {
    this.owner.send(offsetFrame(LINK_FRAME.ack, this.channel, parsedUpTo));
  }

  /** Forgets the channel; close its viewers first. */
  close(): void {
    this.owner.removeLive(this.channel);
  }

  disconnected(reason: string): void {
    this.events.disconnected(reason);
  }

  receive({ type, body }: LinkFrame): void {
    switch (type) {
      case LINK_FRAME.output: {
        const { offset, bytes } = readOutput(body);
        this.giveBack(bytes.length);
        this.events.output(offset, bytes);
        return;
      }
      case LINK_FRAME.behind:
        this.events.behind(readOffset(body));
        return;
      case LINK_FRAME.resize:
        this.events.resized(readPlacedSize(body));
        return;
      case LINK_FRAME.state:
        this.events.state(readJson(RunUpdateSchema, body));
    }
  }

  /** A gateway never stops reading for one viewer, so what has arrived is credit again. */
  private giveBack(bytes: number): void {
    this.unreturned += bytes;
    if (this.unreturned < CREDIT_STEP) return;
    this.owner.send(numberFrame(LINK_FRAME.credit, this.channel, this.unreturned));
    this.unreturned = 0;
  }
}
