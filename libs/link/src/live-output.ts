import type { LinkFrameType, RunUpdate } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { ServedSession, SessionListener } from '@berth/session';
import { LIVE_CREDIT } from './credit.js';
import { jsonFrame, offsetFrame, sizeFrame } from './frame-codec.js';
import type { LinkSocket } from './link-socket.js';
import { OutputCursor } from './output-cursor.js';
import type { Sender, TurnQueue } from './turn-queue.js';

/** What every channel of one connection shares. */
export interface Carrier {
  link: Pick<LinkSocket, 'send' | 'sendOutput' | 'congested'>;
  turns: TurnQueue;
}

export interface LiveOutputOptions extends Carrier {
  session: ServedSession;
  channel: number;
  /** Live output has stopped, because its next byte has left the ring. */
  onBehind: () => void;
  /** There is more output, and no live channel to carry it. */
  onUncarried: () => void;
}

/** Host side of a live channel: output from where the first viewer joined; size and state, each at its place in the output. */
export class LiveOutput implements Sender, SessionListener {
  private readonly cursor: OutputCursor;
  /** What was said while output before it waits; of each type the latest counts. */
  private readonly marks = new Map<LinkFrameType, { at: number; frame: Buffer }>();

  constructor(private readonly options: LiveOutputOptions) {
    const { session, channel, link } = options;
    this.cursor = new OutputCursor({
      session,
      credit: LIVE_CREDIT,
      sendOutput: (offset, bytes) => link.sendOutput(channel, offset, bytes),
    });
  }

  /** Offset of the next live byte; undefined while nobody has joined. */
  get position(): number | undefined {
    return this.cursor.position;
  }

  start(at: number): void {
    this.cursor.start(at);
  }

  stop(): void {
    this.cursor.stop();
    this.options.turns.remove(this);
    this.sendMarks();
  }

  addCredit(bytes: number): void {
    this.cursor.addCredit(bytes, LIVE_CREDIT);
    if (this.position !== undefined) this.options.turns.wake(this);
  }

  output(offset: number, bytes: Uint8Array): void {
    const { link, turns, onUncarried } = this.options;
    if (this.position === undefined) onUncarried();
    else if (link.congested || !this.cursor.sendFresh(offset, bytes)) turns.wake(this);
  }

  resized(cols: number, rows: number): void {
    this.mark(LINK_FRAME.resize, sizeFrame(this.options.channel, cols, rows));
  }

  state(update: RunUpdate): void {
    this.mark(LINK_FRAME.state, jsonFrame(LINK_FRAME.state, this.options.channel, update));
  }

  turn(): boolean {
    const { session, channel, link, onBehind } = this.options;
    const result = this.cursor.turn(session.head);
    if (result === 'behind') {
      link.send(offsetFrame(LINK_FRAME.behind, channel, session.ringStart));
      this.stop();
      onBehind();
    }
    if (this.marks.size > 0) this.sendMarks();
    return result === 'sent';
  }

  /** Says something behind all output so far. */
  private mark(type: LinkFrameType, frame: Buffer): void {
    this.marks.set(type, { at: this.options.session.head, frame });
    this.sendMarks();
  }

  private sendMarks(): void {
    for (const [type, { at, frame }] of this.marks) {
      if (this.position !== undefined && this.position < at) continue;
      this.marks.delete(type);
      this.options.link.send(frame);
    }
  }
}
