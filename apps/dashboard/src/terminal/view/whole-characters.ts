const NONE = new Uint8Array(0);

/**
 * Bytes of UTF-8 text in pieces that end between characters: what a piece holds of its last character comes with the next one. xterm 6 loses such a
 * character when one of the bytes before the cut is 0x80, as in every dash and typographic quote.
 */
export class WholeCharacters {
  private held = NONE;

  /** What can be shown now, which may be nothing. Bytes that are no UTF-8 are handed on as they are. */
  take(data: Uint8Array): Uint8Array {
    const all = this.held.length === 0 ? data : joined(this.held, data);
    const end = all.length - unfinished(all);
    this.held = all.slice(end);
    return all.subarray(0, end);
  }

  /** The text does not go on. */
  clear(): void {
    this.held = NONE;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** Bytes of a character at the end that is not all there: 0 to 3. */
function unfinished(data: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const byte = data[data.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? back : 0;
  }
  return 0;
}
