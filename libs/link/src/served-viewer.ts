import type { LinkOpen, LinkOpened } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { Attachment, ServedSession, ViewerEvents } from '@berth/session';
import { readNumber, readOffset, readSize } from './frame-body.js';
import { jsonFrame, numberFrame, offsetFrame, placedSizeFrame } from './frame-codec.js';
import type { LinkFrame } from './frame-parser.js';
import type { Carrier, LiveOutput } from './live-output.js';
import { OutputCursor } from './output-cursor.js';
import type { Sender } from './turn-queue.js';

export interface ServedViewerOptions extends Carrier {
  session: ServedSession;
  live: LiveOutput;
  channel: number;
  open: LinkOpen;
  /** The live channel carries this viewer's output from now on, or no longer. */
  onJoined: (joined: boolean) => void;
  /** The host has closed this viewer; its channel is gone. */
  onClosed: () => void;
}

/** Host side of a viewer channel: catch-up output until JOIN, input for as long as it lives. */
export class ServedViewer implements Sender {
  private readonly cursor: OutputCursor;
  private readonly attachment: Attachment;
  /** What was applied of the viewer's input, until the gateway has been told. */
  private applied: number | undefined;
  private readonly tellApplied = (): void => {
    const { applied } = this;
    if (applied === undefined) return;
    this.applied = undefined;
    this.options.link.send(numberFrame(LINK_FRAME.inputAck, this.options.channel, applied));
  };

  constructor(private readonly options: ServedViewerOptions) {
    const { session, channel, open, link } = options;
    this.cursor = new OutputCursor({
      session,
      credit: open.credit,
      sendOutput: (offset, bytes) => link.sendOutput(channel, offset, bytes),
      sendSize: (size) => link.send(placedSizeFrame(channel, size)),
    });
    this.attachment = session.attach(open, this.events());
    link.send(
      jsonFrame(LINK_FRAME.opened, channel, {
        head: session.head,
        ringStart: session.ringStart,
        cols: session.cols,
        rows: session.rows,
        role: this.attachment.role,
        lastInputSeq: this.attachment.lastInputSeq,
        state: session.state,
      } satisfies LinkOpened),
    );
    this.cursor.start(open.from);
    options.turns.wake(this);
  }

  /** Whether it waits for output on its own channel. */
  get catchingUp(): boolean {
    return this.cursor.position !== undefined;
  }

  receive({ type, body }: LinkFrame): void {
    switch (type) {
      case LINK_FRAME.input:
        return this.attachment.input(readNumber(body), body.subarray(4));
      case LINK_FRAME.resize: {
        const { cols, rows } = readSize(body);
        return this.attachment.resize(cols, rows);
      }
      case LINK_FRAME.credit:
        this.cursor.addCredit(readNumber(body));
        return this.options.turns.wake(this);
      case LINK_FRAME.resume:
        return this.resume(readOffset(body), readNumber(body.subarray(6)));
    }
  }

  /**
   * Sends catch-up output up to where live output stands; who has reached it joins in the same turn, before more output can be emitted.
   * Both are sent on one ordered connection, so nothing is lost or doubled between the last catch-up byte and the first live one. A change of
   * size at that very place may come on both.
   */
  turn(): boolean {
    const { session, live, link, channel, onJoined } = this.options;
    const { position } = this.cursor;
    if (position === undefined) return false;
    const target = live.position ?? session.head;
    if (position < target) {
      const result = this.cursor.turn(target);
      if (result === 'behind') link.send(offsetFrame(LINK_FRAME.behind, channel, session.ringStart));
      if (result !== 'sent') return false;
      if ((this.cursor.position ?? 0) < target) return true;
    }
    this.cursor.tellSizes();
    const { place } = this.cursor;
    if (live.position === undefined && place) live.start(place);
    this.cursor.stop();
    link.send(offsetFrame(LINK_FRAME.join, channel, target));
    onJoined(true);
    return false;
  }

  /** Leaves the session; nothing more is sent. */
  detach(): void {
    this.cursor.stop();
    this.options.turns.remove(this);
    this.applied = undefined;
    this.attachment.detach();
  }

  private resume(from: number, credit: number): void {
    const { session, link, channel, turns, onJoined, onClosed } = this.options;
    if (from > session.head) {
      this.detach();
      link.send(jsonFrame(LINK_FRAME.close, channel, { code: 'invalid_request' }));
      return onClosed();
    }
    this.cursor.setCredit(credit);
    this.cursor.start(from);
    onJoined(false);
    turns.wake(this);
  }

  private events(): ViewerEvents {
    const { channel, link, turns, onClosed } = this.options;
    return {
      // The echo is on its way: told before it, the gateway and the client would be woken twice for each key.
      inputAck: (lastApplied) => {
        this.applied = lastApplied;
        link.along(this.tellApplied);
      },
      reject: (inputSeq, code) => {
        this.tellApplied();
        link.send(numberFrame(LINK_FRAME.reject, channel, inputSeq, Buffer.from(code)));
      },
      closed: (code) => {
        this.tellApplied();
        this.cursor.stop();
        turns.remove(this);
        link.send(jsonFrame(LINK_FRAME.close, channel, { code }));
        onClosed();
      },
    };
  }
}
