/** A channel with something to send. */
export interface Sender {
  /** Sends one chunk at most. False when it can send nothing more until it is woken. */
  turn(): boolean;
}

/**
 * Shares one connection between channels: each of those that have something to send gets a turn of one chunk, and nobody a second one
 * before all others had theirs. Pauses while the peer does not read.
 */
export class TurnQueue {
  private readonly ready = new Set<Sender>();
  private scheduled: NodeJS.Immediate | undefined;

  constructor(private readonly congested: () => boolean) {}

  /** Gives the sender a turn soon; nothing when it waits for one already. */
  wake(sender: Sender): void {
    this.ready.add(sender);
    this.schedule();
  }

  /** Forgets a sender. */
  remove(sender: Sender): void {
    this.ready.delete(sender);
  }

  /** The peer reads again. */
  resume(): void {
    this.schedule();
  }

  stop(): void {
    this.ready.clear();
    clearImmediate(this.scheduled);
  }

  private schedule(): void {
    if (this.scheduled !== undefined || this.ready.size === 0 || this.congested()) return;
    this.scheduled = setImmediate(() => {
      this.scheduled = undefined;
      this.round();
      this.schedule();
    });
  }

  /** The set keeps the order of arrival: who had a turn goes to its end, so a round that is cut short goes on with the next one. */
  private round(): void {
    for (const sender of [...this.ready]) {
      if (this.congested()) return;
      if (this.ready.delete(sender) && sender.turn()) this.ready.add(sender);
    }
  }
}
