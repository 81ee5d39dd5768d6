import type { OutputPlace, PlacedSize, ServedSession } from '@berth/session';
import { TURN_BYTES } from './credit.js';

/** What a cursor did in its turn. */
export type Turn = 'sent' | 'idle' | 'behind';

export interface OutputCursorOptions {
  session: ServedSession;
  sendOutput: (offset: number, bytes: Uint8Array) => void;
  sendSize: (size: PlacedSize) => void;
  credit: number;
}

/** A place in a session's output from which one channel sends, as far as its credit goes, with each change of size in its place. Without a place it is inactive. */
export class OutputCursor {
  private at: OutputPlace | undefined;
  private credit: number;
  /** The receiver has not been told the size at the place where the cursor starts. */
  private sizeDue = false;

  constructor(private readonly options: OutputCursorOptions) {
    this.credit = options.credit;
  }

  /** Next offset to send; undefined while inactive. */
  get position(): number | undefined {
    return this.at?.offset;
  }

  /** Where it stands, the changes of size included. */
  get place(): OutputPlace | undefined {
    return this.at && { ...this.at };
  }

  /** Begins at an offset for somebody who knows nothing of the size there. */
  start(offset: number): void {
    this.at = { offset, sequence: 0 };
    this.sizeDue = true;
  }

  /** Begins where another cursor stands, for those who have what it sent. */
  follow(place: OutputPlace): void {
    this.at = { ...place };
    this.sizeDue = false;
  }

  stop(): void {
    this.at = undefined;
  }

  setCredit(bytes: number): void {
    this.credit = bytes;
  }

  /** Allows `bytes` more, up to `max` in all. */
  addCredit(bytes: number, max = Infinity): void {
    this.credit = Math.min(this.credit + bytes, max);
  }

  /** Sends bytes that were emitted this moment, if they are the next ones and the credit allows. */
  sendFresh(offset: number, bytes: Uint8Array): boolean {
    if (this.at?.offset !== offset || bytes.length > Math.min(this.credit, TURN_BYTES)) return false;
    this.tellSizes();
    this.emit(this.at, bytes);
    return true;
  }

  /** Sends the next bytes from the ring, none at or past `until`. `behind`: the ring no longer has them, and the cursor stops. */
  turn(until: number): Turn {
    const { session } = this.options;
    if (this.at === undefined) return 'idle';
    if (this.at.offset < session.ringStart) {
      this.stop();
      return 'behind';
    }
    this.tellSizes();
    const stop = Math.min(until, session.sizes.next(this.at)?.offset ?? until);
    const max = Math.min(TURN_BYTES, this.credit, stop - this.at.offset);
    if (max <= 0) return 'idle';
    this.emit(this.at, session.read(this.at.offset, max));
    this.tellSizes();
    return 'sent';
  }

  /** Tells the changes of size that come before the next byte. */
  tellSizes(): void {
    const { at, options } = this;
    const { session, sendSize } = options;
    if (at === undefined || at.offset < session.ringStart) return;
    if (this.sizeDue) sendSize({ ...at, ...session.sizes.at(at) });
    this.sizeDue = false;
    for (let mark = session.sizes.next(at); mark?.offset === at.offset; mark = session.sizes.next(at)) {
      sendSize(mark);
      at.sequence = mark.sequence;
    }
  }

  private emit(at: OutputPlace, bytes: Uint8Array): void {
    this.options.sendOutput(at.offset, bytes);
    at.offset += bytes.length;
    at.sequence = 0;
    this.credit -= bytes.length;
  }
}
