import type { RunUpdate } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { OutputPlace, ServedSession, SessionListener } from '@berth/session';
import { LIVE_CREDIT } from './credit.js';
import { jsonFrame, offsetFrame, placedSizeFrame } from './frame-codec.js';
import type { LinkSocket } from './link-socket.js';
import { OutputCursor } from './output-cursor.js';
import type { Sender, TurnQueue } from './turn-queue.js';

/** What every channel of one connection shares. */
export interface Carrier {
  link: Pick<LinkSocket, 'send' | 'sendOutput' | 'along' | 'congested'>;
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
  /** The latest state, while output before it waits. */
  private waiting: { at: number; state: Buffer } | undefined;

  constructor(private readonly options: LiveOutputOptions) {
    const { session, channel, link } = options;
    this.cursor = new OutputCursor({
      session,
      credit: LIVE_CREDIT,
      sendOutput: (offset, bytes) => link.sendOutput(channel, offset, bytes),
      sendSize: (size) => link.send(placedSizeFrame(channel, size)),
    });
  }

  /** Offset of the next live byte; undefined while nobody has joined. */
  get position(): number | undefined {
    return this.cursor.position;
  }

  /** Begins behind what the first viewer has been sent. */
  start(place: OutputPlace): void {
    this.cursor.follow(place);
  }

  stop(): void {
    this.cursor.stop();
    this.options.turns.remove(this);
    this.sendState();
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

  resized(): void {
    const { link, turns, onUncarried } = this.options;
    if (this.position === undefined) onUncarried();
    else if (link.congested) turns.wake(this);
    else this.cursor.tellSizes();
  }

  /** Said behind all output so far. */
  state(update: RunUpdate): void {
    const { session, channel } = this.options;
    this.waiting = { at: session.head, state: jsonFrame(LINK_FRAME.state, channel, update) };
    this.sendState();
  }

  turn(): boolean {
    const { session, channel, link, onBehind } = this.options;
    const result = this.cursor.turn(session.head);
    if (result === 'behind') {
      link.send(offsetFrame(LINK_FRAME.behind, channel, session.ringStart));
      this.stop();
      onBehind();
    }
    this.sendState();
    return result === 'sent';
  }

  private sendState(): void {
    const { waiting } = this;
    if (waiting === undefined || (this.position !== undefined && this.position < waiting.at)) return;
    this.waiting = undefined;
    this.options.link.send(waiting.state);
  }
}
