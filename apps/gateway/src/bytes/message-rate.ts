import { MESSAGES_A_SECOND, MESSAGE_BURST, THROTTLED_MS } from './limits.js';

/** What to do about the message that has just come. */
export type RateVerdict = { kind: 'go' } | { kind: 'pause'; ms: number } | { kind: 'close' };

const GO: RateVerdict = { kind: 'go' };

/** A client's message rate: first its socket is read more slowly; a client that keeps on is let go. */
export class MessageRate {
  private tokens = MESSAGE_BURST;
  private at: number;
  private heldSince: number | undefined;

  constructor(now: number) {
    this.at = now;
  }

  /** Counts one message. */
  take(now: number): RateVerdict {
    this.tokens = Math.min(MESSAGE_BURST, this.tokens + ((now - this.at) * MESSAGES_A_SECOND) / 1000) - 1;
    this.at = now;
    if (this.tokens > MESSAGE_BURST / 2) this.heldSince = undefined;
    if (this.tokens >= 0) return GO;
    this.heldSince ??= now;
    if (now - this.heldSince >= THROTTLED_MS) return { kind: 'close' };
    return { kind: 'pause', ms: Math.ceil((-this.tokens * 1000) / MESSAGES_A_SECOND) };
  }
}
