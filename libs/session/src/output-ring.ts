/** What a ring grows out of is garbage outside of the heap, of which a little has everything collected; what is not written to costs nothing. */
const GROWTH = 8;

/**
 * The last bytes of a stream whose bytes are numbered from `base`. Memory is allocated as bytes come, {@link GROWTH} times as much each time, up to
 * `maxBytes`; then each append drops the oldest. Byte `offset` lies at `(offset - base) % capacity`.
 */
export class OutputRing {
  #bytes: Uint8Array;
  #start: number;
  #end: number;

  /** Both sizes are powers of two. */
  constructor(
    private readonly base: number,
    private readonly maxBytes: number,
    initialBytes: number,
  ) {
    this.#bytes = new Uint8Array(Math.min(initialBytes, maxBytes));
    this.#start = base;
    this.#end = base;
  }

  /** First offset that is still here. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Memory that it has taken. */
  get capacity(): number {
    return this.#bytes.length;
  }

  append(bytes: Uint8Array): void {
    if (this.#end - this.#start + bytes.length > this.#bytes.length) this.#grow(this.#end - this.#start + bytes.length);
    const capacity = this.#bytes.length;
    const kept = bytes.length > capacity ? bytes.subarray(bytes.length - capacity) : bytes;
    const at = this.#place(this.#end + bytes.length - kept.length);
    const first = Math.min(kept.length, capacity - at);
    this.#bytes.set(first === kept.length ? kept : kept.subarray(0, first), at);
    if (first < kept.length) this.#bytes.set(kept.subarray(first), 0);
    this.#end += bytes.length;
    this.#start = Math.max(this.#start, this.#end - capacity);
  }

  /** Up to `max` bytes from offset `from`: a view, valid until the next append; it ends early at the ring's seam. */
  read(from: number, max: number): Uint8Array {
    this.#check(from);
    const at = this.#place(from);
    return this.#bytes.subarray(at, at + Math.min(max, this.#end - from, this.#bytes.length - at));
  }

  /** Up to `max` bytes from offset `from`: a copy, not cut at the seam. */
  copy(from: number, max: number): Uint8Array {
    this.#check(from);
    return this.copyInto(new Uint8Array(Math.min(max, this.#end - from)), from);
  }

  /** Fills `target` with the bytes from offset `from` on, which are as many at least, and returns it. */
  copyInto<T extends Uint8Array>(target: T, from: number): T {
    const first = this.read(from, target.length);
    target.set(first);
    if (first.length < target.length) target.set(this.read(from + first.length, target.length - first.length), first.length);
    return target;
  }

  #place(offset: number): number {
    return (offset - this.base) % this.#bytes.length;
  }

  #check(from: number): void {
    if (from < this.#start || from > this.#end) throw new RangeError(`offset ${from} is outside ${this.#start}..${this.#end}`);
  }

  #grow(needed: number): void {
    const before = this.#bytes.length;
    if (before === this.maxBytes) return;
    let capacity = before;
    while (capacity < needed && capacity < this.maxBytes) capacity = Math.min(capacity * GROWTH, this.maxBytes);
    const held = this.copy(this.#start, this.#end - this.#start);
    this.#bytes = new Uint8Array(capacity);
    const at = this.#place(this.#start);
    const first = Math.min(held.length, capacity - at);
    this.#bytes.set(held.subarray(0, first), at);
    this.#bytes.set(held.subarray(first), 0);
  }
}
