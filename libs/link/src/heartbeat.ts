/** How often a peer is asked for a sign of life. */
export const PING_MS = 5_000;
/** So many pings without a word from the peer: it is gone. `PING_MS * SILENT_PINGS` is 15 s. */
export const SILENT_PINGS = 3;

/**
 * Tells a peer that is gone from one that is quiet. It counts pings instead of measuring time: after a standstill of our own only one ping
 * is overdue, and what the peer said meanwhile is still to be read.
 */
export class Heartbeat {
  private unanswered = 0;

  /** Something came from the peer. */
  heard(): void {
    this.unanswered = 0;
  }

  /** Called every {@link PING_MS}: what is to be done now. */
  beat(): 'ping' | 'silent' {
    if (this.unanswered >= SILENT_PINGS) return 'silent';
    this.unanswered += 1;
    return 'ping';
  }
}
