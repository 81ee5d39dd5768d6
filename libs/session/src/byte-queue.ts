/** First block: a keystroke needs no more. */
const INITIAL_BYTES = 4 * 1024;

/** Bytes in order, bounded by `maxBytes`; it copies what it is given, so a thousand small pieces cost no more than one large. */
export class ByteQueue {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #start = 0;
  #end = 0;

  constructor(private readonly maxBytes: number) {}

  get length(): number {
    return this.#end - this.#start;
  }

  /** Takes the whole of `bytes`, or nothing when they do not fit. */
  push(bytes: Uint8Array): boolean {
    if (this.length + bytes.length > this.maxBytes) return false;
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
    return true;
  }

  /** All that waits: a view, valid until the next push. */
  peek(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  drop(count: number): void {
    this.#start += count;
    if (this.length === 0) this.clear();
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > INITIAL_BYTES) this.#bytes = new Uint8Array(INITIAL_BYTES);
  }

  #makeRoom(count: number): void {
    let capacity = this.#bytes.length;
    while (capacity < this.length + count) capacity *= 2;
    const held = this.peek();
    const bytes = capacity === this.#bytes.length ? this.#bytes : new Uint8Array(capacity);
    bytes.set(held);
    this.#end = held.length;
    this.#start = 0;
    this.#bytes = bytes;
  }
}
