/** One INPUT frame to send. */
export interface InputFrame {
  inputSeq: number;
  data: Uint8Array;
}

interface Item {
  /** Undefined until it is sent for the first time. */
  seq: number | undefined;
  data: Uint8Array;
}

/** Largest INPUT frame: a keystroke of somebody else gets in between the parts of a paste. */
const FRAME_BYTES = 16 * 1024;
/** Input on its way to the host at once: a quarter of what the session queues for its program. */
const WINDOW_BYTES = 256 * 1024;
/** Input that waits here, as behind a large paste; more is refused. */
const QUEUE_BYTES = 8 * 1024 * 1024;

/** Input that the host has not acknowledged, in the order typed, numbered from 1 in every epoch. */
export class InputQueue {
  private items: Item[] = [];
  private bytes = 0;
  private nextSeq = 1;
  private epoch: number | undefined;

  /** Queues what was typed; false: the queue is full, nothing was taken. */
  push(data: Uint8Array): boolean {
    if (this.bytes + data.length > QUEUE_BYTES) return false;
    for (let at = 0; at < data.length; at += FRAME_BYTES) this.items.push({ seq: undefined, data: data.slice(at, at + FRAME_BYTES) });
    this.bytes += data.length;
    return true;
  }

  /** What is to be sent now and has not been on this connection; numbers it. */
  take(): InputFrame[] {
    const frames: InputFrame[] = [];
    let flying = this.items.reduce((sum, { seq, data }) => (seq === undefined ? sum : sum + data.length), 0);
    for (const item of this.items) {
      if (item.seq !== undefined) continue;
      if (flying > 0 && flying + item.data.length > WINDOW_BYTES) break;
      item.seq = this.nextSeq++;
      flying += item.data.length;
      frames.push({ inputSeq: item.seq, data: item.data });
    }
    return frames;
  }

  /**
   * A connection stands: the host has applied up to `lastInputSeq` of this client in this epoch. Input of another epoch is dropped, because it was typed
   * for a program that is gone; the rest is numbered from `lastInputSeq + 1`, to be sent again.
   */
  attached(epoch: number, lastInputSeq: number): void {
    if (this.epoch !== undefined && this.epoch !== epoch) this.clear();
    this.epoch = epoch;
    this.acknowledged(lastInputSeq);
    for (const item of this.items) item.seq = undefined;
    this.nextSeq = lastInputSeq + 1;
  }

  /** The run was replaced while connected. */
  restarted(epoch: number): void {
    if (this.epoch === epoch) return;
    this.clear();
    this.epoch = epoch;
    this.nextSeq = 1;
  }

  acknowledged(lastApplied: number): void {
    this.drop(({ seq }) => seq !== undefined && seq <= lastApplied);
  }

  /** The host refused one frame; its number is used up. */
  rejected(inputSeq: number): void {
    this.drop(({ seq }) => seq === inputSeq);
  }

  /** Bytes that the host has not acknowledged. */
  get pending(): number {
    return this.bytes;
  }

  clear(): void {
    this.items = [];
    this.bytes = 0;
  }

  private drop(done: (item: Item) => boolean): void {
    this.items = this.items.filter((item) => !done(item));
    this.bytes = this.items.reduce((sum, { data }) => sum + data.length, 0);
  }
}
