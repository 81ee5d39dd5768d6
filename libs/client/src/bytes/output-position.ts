/** A part of the output that was handed out and may still be on its way through the terminal. */
interface Part {
  end: number;
  parsed: boolean;
}

/** What is left of an OUTPUT after what was received before is cut off; `hole`: bytes before it are missing without a GAP. */
export type Fresh = { kind: 'fresh'; offset: number; data: Uint8Array } | { kind: 'known' } | { kind: 'hole' };

/** Where a client stands in the output: hands out every byte once and in order, and knows how far the terminal has parsed. */
export class OutputPosition {
  private parts: Part[] = [];
  private next: number;
  private parsed: number;

  /** `from`: the first offset that is still needed. */
  constructor(from = 0) {
    this.next = from;
    this.parsed = from;
  }

  /** Offset behind the last byte received. */
  get received(): number {
    return this.next;
  }

  /** Offset up to which everything was parsed or is known to be missing. */
  get parsedUpTo(): number {
    return this.parsed;
  }

  /** Cuts off what was received before. */
  fresh(offset: number, data: Uint8Array): Fresh {
    if (offset > this.next) return { kind: 'hole' };
    const known = this.next - offset;
    if (known >= data.length) return { kind: 'known' };
    return { kind: 'fresh', offset: this.next, data: data.subarray(known) };
  }

  /** Takes in the next `length` bytes; the returned function says that they are parsed. */
  take(length: number): () => void {
    this.next += length;
    const part: Part = { end: this.next, parsed: false };
    this.parts.push(part);
    return () => {
      part.parsed = true;
      this.settle();
    };
  }

  /** Goes on at `to`; the part that is skipped counts as parsed once all before it is. Undefined: nothing is skipped; `hole`: see {@link Fresh}. */
  skip(from: number, to: number): { from: number; to: number } | 'hole' | undefined {
    if (to <= this.next) return undefined;
    if (from > this.next) return 'hole';
    const skipped = { from: this.next, to };
    this.next = to;
    this.parts.push({ end: to, parsed: true });
    this.settle();
    return skipped;
  }

  private settle(): void {
    let settled = 0;
    for (const part of this.parts) {
      if (!part.parsed) break;
      this.parsed = part.end;
      settled += 1;
    }
    this.parts.splice(0, settled);
  }
}
