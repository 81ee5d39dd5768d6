import { INPUT_PENDING_BYTES } from './limits.js';

/** Where a viewer's input goes: the host, through its viewer channel. */
export type SendInput = (inputSeq: number, data: Uint8Array) => void;

/**
 * Input of one viewer that its host has not acknowledged: sent again when the connection to the host was replaced within an epoch. INPUT carries no
 * epoch, so after a new one began, what was typed for the old one is told apart by an answer to a PING that followed the news.
 */
export class ViewerInput {
  private pending: { inputSeq: number; data: Uint8Array }[] = [];
  private bytes = 0;
  private lastSeen = 0;
  private barrier: number | undefined;
  private send: SendInput | undefined;

  /** Whether more is waiting than the client should be read for. */
  get full(): boolean {
    return this.bytes > INPUT_PENDING_BYTES;
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
    const item = { inputSeq, data: data.slice() };
    this.pending.push(item);
    this.bytes += data.length;
    this.send?.(inputSeq, item.data);
    return 'taken';
  }

  /** The host listens, and has applied up to `lastInputSeq`. */
  connect(send: SendInput, lastInputSeq: number): void {
    this.acknowledge(lastInputSeq);
    this.lastSeen = Math.max(this.lastSeen, lastInputSeq);
    this.send = send;
    for (const { inputSeq, data } of this.pending) send(inputSeq, data);
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
    this.bytes = 0;
  }

  private drop(done: (item: { inputSeq: number }) => boolean): void {
    this.pending = this.pending.filter((item) => !done(item));
    this.bytes = this.pending.reduce((sum, { data }) => sum + data.length, 0);
  }
}
