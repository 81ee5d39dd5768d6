import type { LinkOpen } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { ServedSession } from '@berth/session';
import { LIVE_CREDIT } from './credit.js';
import { readNumber, readOffset } from './frame-body.js';
import type { LinkFrame } from './frame-codec.js';
import { jsonFrame, sizeFrame } from './frame-codec.js';
import { OutputCursor } from './output-cursor.js';
import { ServedViewer } from './served-viewer.js';

export interface SessionChannelsOptions {
  session: ServedSession;
  live: number;
  send: (frame: Buffer) => void;
  /** The connection has more queued than its peer reads. */
  congested: () => boolean;
  /** Something can be sent that does not fit into this call: ask for turns. */
  wake: () => void;
  /** The session has closed this viewer. */
  viewerGone: (channel: number) => void;
}

/**
 * One session on one connection: the live cursor, and a cursor for each viewer that is catching up. A viewer joins where the live
 * cursor stands; both send on the same ordered connection, so nothing is lost or doubled between its last catch-up byte and the live one.
 */
export class SessionChannels {
  private readonly viewers = new Map<number, ServedViewer>();
  private readonly live: OutputCursor;
  private readonly unwatch: () => void;
  /** A viewer that is being attached may supersede the only other one; the session is not left for that. */
  private opening = false;

  constructor(private readonly options: SessionChannelsOptions) {
    const { session, live, send } = options;
    this.live = new OutputCursor(session, live, send, LIVE_CREDIT);
    this.unwatch = session.watch({
      output: (offset, bytes) => {
        this.output(offset, bytes);
      },
      resized: (cols, rows) => {
        send(sizeFrame(live, cols, rows));
      },
      state: (update) => {
        send(jsonFrame(LINK_FRAME.state, live, update));
      },
    });
  }

  get empty(): boolean {
    return this.viewers.size === 0 && !this.opening;
  }

  open(channel: number, open: LinkOpen): void {
    const { session, send } = this.options;
    if (open.from > session.head) {
      send(jsonFrame(LINK_FRAME.close, channel, { code: 'invalid_request' }));
      this.options.viewerGone(channel);
      return;
    }
    this.opening = true;
    const viewer = new ServedViewer({
      session,
      channel,
      open,
      send,
      onClosed: () => {
        this.viewers.delete(channel);
        this.options.viewerGone(channel);
      },
    });
    this.viewers.set(channel, viewer);
    this.opening = false;
    this.options.wake();
  }

  /** Frame of the gateway on one of this session's channels. */
  receive(frame: LinkFrame): void {
    if (frame.channel === this.options.live) this.receiveLive(frame);
    else if (this.viewers.get(frame.channel)?.receive(frame)) this.options.wake();
  }

  leave(channel: number): void {
    this.viewers.get(channel)?.detach();
    this.viewers.delete(channel);
  }

  /** One turn for each channel; true when another turn may send more. */
  turn(): boolean {
    const { session } = this.options;
    let more = this.live.turn(session.head) === 'sent';
    for (const viewer of this.viewers.values()) more = this.viewerTurn(viewer) || more;
    return more;
  }

  /** Takes everything down. `lost`: the connection broke and its viewers may be back in a moment. */
  dispose(how: 'left' | 'lost'): void {
    this.unwatch();
    for (const viewer of this.viewers.values()) viewer.detach();
    this.viewers.clear();
    this.options.session.release(this, how);
  }

  private output(offset: number, bytes: Uint8Array): void {
    if (this.options.congested() || !this.live.sendFresh(offset, bytes)) this.options.wake();
  }

  private receiveLive({ type, body }: LinkFrame): void {
    if (type === LINK_FRAME.ack) this.options.session.acknowledge(this, Math.min(readOffset(body), this.options.session.head));
    if (type === LINK_FRAME.credit) {
      this.live.addCredit(readNumber(body));
      this.options.wake();
    }
  }

  /** Sends catch-up output; a viewer that has reached the live cursor joins in the same turn, before more output can be emitted. */
  private viewerTurn({ cursor }: ServedViewer): boolean {
    if (cursor.position === undefined) return false;
    const target = this.live.position ?? this.options.session.head;
    const sent = cursor.position < target && cursor.turn(target) === 'sent';
    const { position } = cursor;
    if (position === undefined || position < target) return sent;
    if (this.live.position === undefined) this.live.start(position);
    cursor.sendAt(LINK_FRAME.join, this.live.position ?? position);
    cursor.stop();
    return true;
  }
}
