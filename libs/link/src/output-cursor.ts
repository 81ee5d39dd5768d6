import type { LinkFrameType } from '@berth/protocol';
import { LINK_FRAME } from '@berth/protocol';
import type { ServedSession } from '@berth/session';
import { TURN_BYTES } from './credit.js';
import { offsetFrame } from './frame-codec.js';

/** What a cursor did in its turn. */
export type Turn = 'sent' | 'idle' | 'behind';

/** A place in a session's output from which one channel sends, as far as its credit goes. Without a place it is inactive. */
export class OutputCursor {
  private at: number | undefined;

  constructor(
    private readonly session: ServedSession,
    private readonly channel: number,
    private readonly send: (frame: Buffer) => void,
    private credit: number,
  ) {}

  /** Next offset to send; undefined while inactive. */
  get position(): number | undefined {
    return this.at;
  }

  start(at: number): void {
    this.at = at;
  }

  stop(): void {
    this.at = undefined;
  }

  setCredit(bytes: number): void {
    this.credit = bytes;
  }

  addCredit(bytes: number): void {
    this.credit += bytes;
  }

  /** Sends bytes that were emitted this moment, if they are the next ones and the credit allows. */
  sendFresh(offset: number, bytes: Uint8Array): boolean {
    if (this.at !== offset || this.credit < bytes.length) return false;
    this.emit(bytes);
    return true;
  }

  /** Sends the next bytes from the ring, none at or past `until`. What has left the ring is reported with BEHIND, and the cursor stops. */
  turn(until: number): Turn {
    if (this.at === undefined) return 'idle';
    if (this.at < this.session.ringStart) {
      this.sendAt(LINK_FRAME.behind, this.session.ringStart);
      this.stop();
      return 'behind';
    }
    const max = Math.min(TURN_BYTES, this.credit, until - this.at);
    if (max <= 0) return 'idle';
    this.emit(this.session.read(this.at, max));
    return 'sent';
  }

  sendAt(type: LinkFrameType, offset: number): void {
    this.send(offsetFrame(type, this.channel, offset));
  }

  private emit(bytes: Uint8Array): void {
    const at = this.at ?? 0;
    this.send(offsetFrame(LINK_FRAME.output, this.channel, at, bytes));
    this.at = at + bytes.length;
    this.credit -= bytes.length;
  }
}
