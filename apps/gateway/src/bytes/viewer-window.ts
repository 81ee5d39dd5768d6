import { ACK_STEP, VIEWER_LOW_MARK, VIEWER_WINDOW } from '@berth/protocol';
import { FULL_MARK, SCREEN_MOST } from './limits.js';

/** Where a viewer stands in the output: what was sent to it, and what it has parsed. Nothing is kept of what lies between. */
export class ViewerWindow {
  private next: number;
  private parsed: number;
  private fullAt: number | undefined;
  /** How far it had parsed then: less than a step beyond is no progress, or a trickle would keep a viewer for ever that takes nothing. */
  private fullFrom = 0;
  /** A screen that is on its way, in bytes of output: what it costs until the viewer is known to be behind it. */
  private screen: { at: number; cost: number } | undefined;
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

  /** Since when the window has been full without an acknowledgement of a step; undefined while it is not. */
  get fullSince(): number | undefined {
    return this.fullAt;
  }

  /** Bytes up to `to` were sent. */
  advance(to: number, now: number): void {
    this.next = to;
    if (this.outstanding >= FULL_MARK && this.fullAt === undefined) this.becomeFull(now);
  }

  /** The viewer was told that it will not get what lies before `to`. */
  skip(to: number): void {
    this.gaps.push({ from: this.next, to });
    this.next = to;
    this.passGaps();
  }

  /** A screen of so many bytes was sent that stands where output goes on. */
  charge(bytes: number, now: number): void {
    this.screen = { at: this.next, cost: Math.min(bytes, SCREEN_MOST) };
    if (this.outstanding >= FULL_MARK && this.fullAt === undefined) this.becomeFull(now);
  }

  /** False: the viewer claims to have parsed what it was not sent. */
  acknowledge(parsedUpTo: number, now: number): boolean {
    if (parsedUpTo > this.next) return false;
    const screenTaken = this.screen !== undefined && parsedUpTo >= this.screen.at;
    if (screenTaken) this.screen = undefined;
    this.parsed = Math.max(this.parsed, parsedUpTo);
    this.passGaps();
    if (this.outstanding < FULL_MARK) this.fullAt = undefined;
    else if (screenTaken || this.parsed - this.fullFrom >= ACK_STEP) this.becomeFull(now);
    return true;
  }

  private becomeFull(now: number): void {
    this.fullAt = now;
    this.fullFrom = this.parsed;
  }

  private get outstanding(): number {
    const sent = this.next - this.parsed + (this.screen?.cost ?? 0);
    return this.gaps.reduce((bytes, { from, to }) => bytes - (to - from), sent);
  }

  /** A viewer has nothing to parse in a gap. */
  private passGaps(): void {
    for (let gap = this.gaps[0]; gap !== undefined && gap.from <= this.parsed; gap = this.gaps[0]) {
      this.parsed = Math.max(this.parsed, gap.to);
      this.gaps.shift();
    }
  }
}
