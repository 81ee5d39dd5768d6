import type { ErrorCode, LinkOpen } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { Attachment, ServedSession, ViewerEvents } from '@berth/session';
import { readNumber, readOffset, readSize } from './frame-body.js';
import type { LinkFrame } from './frame-codec.js';
import { jsonFrame, numberFrame } from './frame-codec.js';
import { OutputCursor } from './output-cursor.js';

export interface ServedViewerOptions {
  session: ServedSession;
  channel: number;
  open: LinkOpen;
  send: (frame: Buffer) => void;
  /** The session has closed this viewer; its channel is gone. */
  onClosed: () => void;
}

/** Host side of a viewer channel: catch-up output until JOIN, input for as long as it lives. */
export class ServedViewer {
  readonly cursor: OutputCursor;
  private readonly attachment: Attachment;

  constructor(private readonly options: ServedViewerOptions) {
    const { session, channel, open, send } = options;
    this.cursor = new OutputCursor(session, channel, send, open.credit);
    this.attachment = session.attach(open, this.events());
    send(
      jsonFrame(LINK_FRAME.opened, channel, {
        head: session.head,
        ringStart: session.ringStart,
        cols: session.cols,
        rows: session.rows,
        role: this.attachment.role,
        lastInputSeq: this.attachment.lastInputSeq,
        state: session.state,
      }),
    );
    this.cursor.start(open.from);
  }

  /** Handles a frame of the gateway; true when output may now flow. */
  receive({ type, body }: LinkFrame): boolean {
    switch (type) {
      case LINK_FRAME.input:
        this.attachment.input(readNumber(body), body.subarray(4));
        return false;
      case LINK_FRAME.resize: {
        const { cols, rows } = readSize(body);
        this.attachment.resize(cols, rows);
        return false;
      }
      case LINK_FRAME.credit:
        this.cursor.addCredit(readNumber(body));
        return true;
      case LINK_FRAME.resume:
        this.resume(readOffset(body), readNumber(body.subarray(6)));
        return true;
      default:
        return false;
    }
  }

  detach(): void {
    this.attachment.detach();
  }

  private resume(from: number, credit: number): void {
    if (from > this.options.session.head) {
      this.close('invalid_request');
      return;
    }
    this.cursor.setCredit(credit);
    this.cursor.start(from);
  }

  private close(code: ErrorCode): void {
    this.options.send(jsonFrame(LINK_FRAME.close, this.options.channel, { code }));
    this.options.onClosed();
  }

  private events(): ViewerEvents {
    const { channel, send } = this.options;
    return {
      inputAck: (lastApplied) => {
        send(numberFrame(LINK_FRAME.inputAck, channel, lastApplied));
      },
      reject: (inputSeq, code) => {
        send(numberFrame(LINK_FRAME.reject, channel, inputSeq, Buffer.from(code)));
      },
      closed: (code) => {
        this.close(code);
      },
    };
  }
}
