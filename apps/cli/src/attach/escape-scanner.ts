/** One complete control sequence. `params` still has its private prefix (`?`, `>`, `<`, `=`) in front. */
export type Sequence =
  | { kind: 'csi'; params: string; intermediates: string; final: string }
  /** Not a CSI and no string: `ESC =`, `ESC ( 0`. */
  | { kind: 'escape'; intermediates: string; final: string }
  /** OSC `]`, DCS `P`, APC `_`, PM `^`, SOS `X`; of a long one only the beginning. */
  | { kind: 'string'; introducer: string; content: string }
  /** Shift out or in: another character set. */
  | { kind: 'shift'; out: boolean };

type State = 'ground' | 'escape' | 'intermediate' | 'csi' | 'string' | 'stringEscape';

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
/** More than any parameter list or title; the rest of a picture or a clipboard is of no interest. */
const KEPT = 4096;

const isStringIntroducer = (char: string): boolean => ']P_^X'.includes(char);

/** Finds control sequences in a terminal's bytes, however they are cut into chunks. */
export class EscapeScanner {
  private state: State = 'ground';
  private params = '';
  private intermediates = '';
  private introducer = '';
  private content: number[] = [];

  /** Whether no sequence is under way. */
  get ground(): boolean {
    return this.state === 'ground';
  }

  /** Calls with each sequence that is complete and with the indices in `bytes` of its first byte (-1: it began earlier) and behind its last. */
  scan(bytes: Uint8Array, found: (sequence: Sequence, start: number, end: number) => void): void {
    let start = this.ground ? 0 : -1;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.state === 'ground') {
        if (byte === ESC || byte === SHIFT_OUT || byte === SHIFT_IN) start = at;
        else continue;
      }
      // An escape that interrupts a sequence begins another one.
      else if (byte === ESC && this.state !== 'string') start = at;
      const sequence = this.step(byte);
      if (sequence) found(sequence, start, at + 1);
    }
  }

  /** Forgets what is under way. */
  reset(): void {
    this.state = 'ground';
  }

  private step(byte: number): Sequence | undefined {
    if (byte === CAN || byte === SUB) {
      this.state = 'ground';
      return undefined;
    }
    if (this.state === 'string') return this.inString(byte);
    if (byte === ESC) return this.begin();
    const char = String.fromCharCode(byte);
    switch (this.state) {
      case 'ground':
        return { kind: 'shift', out: byte === SHIFT_OUT };
      case 'escape':
        return this.afterEscape(char);
      case 'stringEscape':
        // ESC \ ends a string; any other escape ends it as well, and is one itself.
        if (char === '\\') return this.endString();
        this.begin();
        return this.afterEscape(char);
      case 'intermediate':
        return this.inIntermediate(byte, char);
      case 'csi':
        return this.inCsi(byte, char);
    }
  }

  private begin(): undefined {
    this.state = 'escape';
    this.params = '';
    this.intermediates = '';
    this.content = [];
  }

  private afterEscape(char: string): Sequence | undefined {
    if (char === '[') {
      this.state = 'csi';
      return undefined;
    }
    if (isStringIntroducer(char)) {
      this.state = 'string';
      this.introducer = char;
      return undefined;
    }
    this.state = 'intermediate';
    return this.inIntermediate(char.charCodeAt(0), char);
  }

  private inIntermediate(byte: number, char: string): Sequence | undefined {
    if (byte >= 0x20 && byte <= 0x2f) {
      if (this.intermediates.length < KEPT) this.intermediates += char;
      return undefined;
    }
    // A control inside is carried out at once and changes nothing here.
    if (byte < 0x20) return undefined;
    this.state = 'ground';
    return { kind: 'escape', intermediates: this.intermediates, final: char };
  }

  private inCsi(byte: number, char: string): Sequence | undefined {
    if (byte >= 0x30 && byte <= 0x3f) {
      if (this.params.length < KEPT) this.params += char;
      return undefined;
    }
    if (byte >= 0x20 && byte <= 0x2f) {
      if (this.intermediates.length < KEPT) this.intermediates += char;
      return undefined;
    }
    if (byte < 0x20 || byte === 0x7f) return undefined;
    this.state = 'ground';
    return { kind: 'csi', params: this.params, intermediates: this.intermediates, final: char };
  }

  private inString(byte: number): Sequence | undefined {
    if (byte === ESC) {
      this.state = 'stringEscape';
      return undefined;
    }
    if (byte === BEL) return this.endString();
    if (this.content.length < KEPT) this.content.push(byte);
    return undefined;
  }

  private endString(): Sequence {
    this.state = 'ground';
    return { kind: 'string', introducer: this.introducer, content: Buffer.from(this.content).toString() };
  }
}
