import { INPUT_FRAME_COST, INPUT_PENDING_BYTES } from './limits.js';

/** Where a viewer's input goes: the host, through its viewer channel. False: not now, it is to be offered again. */
export type SendInput = (inputSeq: number, data: Uint8Array) => boolean;

/**
 * Input of one viewer that its host has not acknowledged: sent again when the connection to the host was replaced within an epoch. INPUT carries no
 * epoch, so after a new one began, what was typed for the old one is told apart by an answer to a PING that followed the news.
 */
export class ViewerInput {
  private pending: { inputSeq: number; data: Uint8Array }[] = [];
  private bytes = 0;
  /** So many of them, the first ones, are on their way. */
  private sent = 0;
  private lastSeen = 0;
  private barrier: number | undefined;
  private send: SendInput | undefined;

  /** Bytes that are kept, with what it costs to keep them. */
  get size(): number {
    return this.bytes + this.pending.length * INPUT_FRAME_COST;
  }

  /** Whether more is waiting than the client should be read for. */
  get full(): boolean {
    return this.size > INPUT_PENDING_BYTES;
  }

  /** `dropped`: it belongs to the epoch before. `ambiguous`: it may belong to either, and only a new connection can tell. */
  receive(inputSeq: number, data: Uint8Array): 'taken' | 'dropped' | 'ambiguous' {
    if (this.barrier !== undefined) {
      if (inputSeq !== 1) return 'dropped';
      if (this.lastSeen === 0) return 'ambiguous';
      this.barrier = undefined;
    }
    this.lastSeen = inputSeq;
    // The message's memory is the socket's.
    this.pending.push({ inputSeq, data: data.slice() });
    this.bytes += data.length;
    this.offer();
    return 'taken';
  }

  /** The host listens, and has applied up to `lastInputSeq`. */
  connect(send: SendInput, lastInputSeq: number): void {
    this.acknowledge(lastInputSeq);
    this.lastSeen = Math.max(this.lastSeen, lastInputSeq);
    this.send = send;
    this.sent = 0;
    this.offer();
  }

  /** Sends what the host was not sent yet, as far as its connection takes it. */
  offer(): void {
    for (let next = this.pending[this.sent]; next && this.send?.(next.inputSeq, next.data) === true; next = this.pending[this.sent]) {
      this.sent += 1;
    }
  }

  disconnect(): void {
    this.send = undefined;
  }

  acknowledge(lastApplied: number): void {
    this.drop(({ inputSeq }) => inputSeq <= lastApplied);
  }

  /** The host or this gateway refused one frame; its number is used up. */
  refuse(inputSeq: number): void {
    this.lastSeen = Math.max(this.lastSeen, inputSeq);
    this.drop((item) => item.inputSeq === inputSeq);
  }

  /** A new run: what waits was typed for the old one. The client knows once it has answered the PING with this token. */
  restart(token: number): void {
    this.disconnect();
    this.clear();
    this.barrier = token;
  }

  /** The client has answered a PING. */
  answered(token: number): void {
    if (this.barrier !== token) return;
    this.barrier = undefined;
    this.lastSeen = 0;
  }

  clear(): void {
    this.pending = [];
    this.sent = 0;
    this.bytes = 0;
  }

  private drop(done: (item: { inputSeq: number }) => boolean): void {
    this.sent -= this.pending.slice(0, this.sent).filter(done).length;
    this.pending = this.pending.filter((item) => !done(item));
    this.bytes = this.pending.reduce((sum, { data }) => sum + data.length, 0);
  }
}
