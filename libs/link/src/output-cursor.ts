import type { ServedSession } from '@berth/session';
import { TURN_BYTES } from './credit.js';

/** What a cursor did in its turn. */
export type Turn = 'sent' | 'idle' | 'behind';

export interface OutputCursorOptions {
  session: ServedSession;
  sendOutput: (offset: number, bytes: Uint8Array) => void;
  credit: number;
}

/** A place in a session's output from which one channel sends, as far as its credit goes. Without a place it is inactive. */
export class OutputCursor {
  private at: number | undefined;
  private credit: number;

  constructor(private readonly options: OutputCursorOptions) {
    this.credit = options.credit;
  }

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

  /** Allows `bytes` more, up to `max` in all. */
  addCredit(bytes: number, max = Infinity): void {
    this.credit = Math.min(this.credit + bytes, max);
  }

  /** Sends bytes that were emitted this moment, if they are the next ones and the credit allows. */
  sendFresh(offset: number, bytes: Uint8Array): boolean {
    if (this.at !== offset || bytes.length > Math.min(this.credit, TURN_BYTES)) return false;
    this.emit(offset, bytes);
    return true;
  }

  /** Sends the next bytes from the ring, none at or past `until`. `behind`: the ring no longer has them, and the cursor stops. */
  turn(until: number): Turn {
    const { session } = this.options;
    if (this.at === undefined) return 'idle';
    if (this.at < session.ringStart) {
      this.stop();
      return 'behind';
    }
    const max = Math.min(TURN_BYTES, this.credit, until - this.at);
    if (max <= 0) return 'idle';
    this.emit(this.at, session.read(this.at, max));
    return 'sent';
  }

  private emit(at: number, bytes: Uint8Array): void {
    this.options.sendOutput(at, bytes);
    this.at = at + bytes.length;
    this.credit -= bytes.length;
  }
}
