import { VIEWER_LOW_MARK, VIEWER_WINDOW } from '@berth/protocol';
import { FULL_MARK } from './limits.js';

/** Where a viewer stands in the output: what was sent to it, and what it has parsed. Nothing is kept of what lies between. */
export class ViewerWindow {
  private next: number;
  private parsed: number;
  private fullAt: number | undefined;
  /** Ranges that were reported missing and lie between what is parsed and what is sent. */
  private gaps: { from: number; to: number }[] = [];

  /** `from`: the first offset that the viewer needs. */
  constructor(from: number) {
    this.next = from;
    this.parsed = from;
  }

  /** Next offset to send. */
  get sent(): number {
    return this.next;
  }

  get acked(): number {
    return this.parsed;
  }

  /** Bytes that may be sent now. */
  get free(): number {
    return Math.max(0, VIEWER_WINDOW - this.outstanding);
  }

  /** Whether a viewer that ran out of window is to be served again. */
  get low(): boolean {
    return this.outstanding <= VIEWER_LOW_MARK;
  }

  /** Since when the window has been full without an acknowledgement; undefined while it is not. */
  get fullSince(): number | undefined {
    return this.fullAt;
  }

  /** Bytes up to `to` were sent. */
  advance(to: number, now: number): void {
    this.next = to;
    if (this.outstanding >= FULL_MARK) this.fullAt ??= now;
  }

  /** The viewer was told that it will not get what lies before `to`. */
  skip(to: number): void {
    this.gaps.push({ from: this.next, to });
    this.next = to;
    this.passGaps();
  }

  /** False: the viewer claims to have parsed what it was not sent. */
  acknowledge(parsedUpTo: number, now: number): boolean {
    if (parsedUpTo > this.next) return false;
    if (parsedUpTo <= this.parsed) return true;
    this.parsed = parsedUpTo;
    this.passGaps();
    this.fullAt = this.outstanding >= FULL_MARK ? now : undefined;
    return true;
  }

  private get outstanding(): number {
    return this.gaps.reduce((bytes, { from, to }) => bytes - (to - from), this.next - this.parsed);
  }

  /** A viewer has nothing to parse in a gap. */
  private passGaps(): void {
    for (let gap = this.gaps[0]; gap !== undefined && gap.from <= this.parsed; gap = this.gaps[0]) {
      this.parsed = Math.max(this.parsed, gap.to);
      this.gaps.shift();
    }
  }
}
