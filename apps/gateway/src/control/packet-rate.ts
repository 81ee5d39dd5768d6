import { PACKETS } from './limits.js';

/** Packets of one client: who sends more than any client of ours is let go. */
export class PacketRate {
  private tokens: number = PACKETS.burst;

  constructor(private at: number) {}

  /** Counts one packet at a time in milliseconds; false: too many. */
  take(now: number): boolean {
    this.tokens = Math.min(PACKETS.burst, this.tokens + ((now - this.at) * PACKETS.aSecond) / 1000) - 1;
    this.at = now;
    return this.tokens >= 0;
  }
}
