import type { DetachKeys, Key } from './detach-keys.js';
import { keyOfByte, keyOfSequence, sameKey } from './detach-keys.js';
import type { Sequence } from './escape-scanner.js';
import { EscapeScanner } from './escape-scanner.js';
import { isAnswer, isSignOfLife } from './terminal-answers.js';

/** What is left of typed bytes: those for the program, and whether the person wants to leave. */
export interface Filtered {
  forward: Uint8Array;
  detach: boolean;
}

/** What a filter still holds back: an unfinished sequence, or the beginning of the keys that detach. */
export type Held = 'sequence' | 'keys' | undefined;

interface Item {
  bytes: Uint8Array;
  sequence?: Sequence;
}

/** A sequence longer than this is none: it is passed on. */
const LONGEST = 64 * 1024;
const PASTE_BEGINS = '200';
const PASTE_ENDS = '201';
const NOTHING = new Uint8Array(0);

/** Everything that comes from the keyboard's side passes through here, unchanged but for the keys that detach and answers nobody asked for. */
export class KeyFilter {
  /** An unfinished sequence. */
  private carry: Uint8Array = NOTHING;
  private matched = 0;
  private held: Uint8Array[] = [];
  private pasting = false;
  private answers: 'pass' | 'drop' | 'drop until sign of life' = 'pass';
  /** The answer to a sign of life that was asked for here has not come yet. */
  private owesSignOfLife = false;

  constructor(private readonly keys: DetachKeys) {}

  get holds(): Held {
    if (this.carry.length > 0) return 'sequence';
    return this.held.length > 0 ? 'keys' : undefined;
  }

  /** Whether answers of the terminal are kept from the program. */
  get dropsAnswers(): boolean {
    return this.answers !== 'pass';
  }

  /** An answer to a sign of life that is still to come is for nobody all the same. */
  passAnswers(): void {
    this.answers = 'pass';
  }

  /** `untilSignOfLife`: up to and with the answer to a sign of life that has been asked for. */
  dropAnswers({ untilSignOfLife }: { untilSignOfLife: boolean }): void {
    this.answers = untilSignOfLife ? 'drop until sign of life' : 'drop';
    if (untilSignOfLife) this.owesSignOfLife = true;
  }

  feed(bytes: Uint8Array): Filtered {
    const out: Uint8Array[] = [];
    for (const item of this.split(bytes)) {
      if (this.isUnwanted(item)) continue;
      for (const part of this.parts(item)) if (this.match(part, out)) return { forward: Buffer.concat(out), detach: true };
    }
    return { forward: Buffer.concat(out), detach: false };
  }

  /** Gives up waiting: what is held back was meant for the program. */
  flush(): Uint8Array {
    const all = Buffer.concat([...this.held, this.carry]);
    this.letGo();
    this.carry = NOTHING;
    return all;
  }

  /** Cuts the bytes into sequences and what stands between them. */
  private split(fresh: Uint8Array): Item[] {
    const bytes = this.carry.length > 0 ? Buffer.concat([this.carry, fresh]) : fresh;
    this.carry = NOTHING;
    const scanner = new EscapeScanner();
    const items: Item[] = [];
    let done = 0;
    scanner.scan(bytes, (sequence, start, end) => {
      if (sequence.kind === 'shift') return;
      if (start > done) items.push({ bytes: bytes.subarray(done, start) });
      items.push({ bytes: bytes.subarray(start, end), sequence });
      done = end;
    });
    const rest = bytes.subarray(done);
    const begins = scanner.ground ? -1 : rest.indexOf(0x1b);
    if (begins < 0 || rest.length - begins > LONGEST) {
      if (rest.length > 0) items.push({ bytes: rest });
      return items;
    }
    if (begins > 0) items.push({ bytes: rest.subarray(0, begins) });
    this.carry = rest.slice(begins);
    return items;
  }

  /** Text stays in one piece where no key in it can matter, else it comes byte by byte. */
  private parts(item: Item): Item[] {
    const { bytes, sequence } = item;
    const [first] = this.keys;
    const code = first ? first.char.toUpperCase().charCodeAt(0) - 0x40 : -1;
    if (sequence || bytes.length === 1 || (this.matched === 0 && !bytes.includes(code))) return [item];
    return Array.from(bytes, (_, at) => ({ bytes: bytes.subarray(at, at + 1) }));
  }

  private isUnwanted({ sequence }: Item): boolean {
    if (!sequence) return false;
    if (this.owesSignOfLife && isSignOfLife(sequence)) {
      this.owesSignOfLife = false;
      if (this.answers === 'drop until sign of life') this.answers = 'pass';
      return true;
    }
    return this.answers !== 'pass' && !this.pasting && isAnswer(sequence);
  }

  /** Follows the keys that detach; true: they were pressed. */
  private match(item: Item, out: Uint8Array[]): boolean {
    this.followPaste(item.sequence);
    const key = this.pasting ? undefined : keyOf(item);
    if (key === 'released' && this.matched > 0) {
      this.held.push(item.bytes);
      return false;
    }
    const wanted = this.keys[this.matched];
    if (key !== undefined && key !== 'released' && wanted && sameKey(key, wanted)) {
      this.matched += 1;
      this.held.push(item.bytes);
      if (this.matched < this.keys.length) return false;
      this.letGo();
      return true;
    }
    return this.mismatch(item, key, out);
  }

  private mismatch(item: Item, key: Key | 'released' | undefined, out: Uint8Array[]): false {
    const held = this.held;
    const [first] = this.keys;
    const again = this.matched > 0 && key !== undefined && key !== 'released' && first !== undefined && sameKey(key, first);
    this.letGo();
    out.push(...held);
    // The first key pressed twice types it once.
    if (!again) out.push(item.bytes);
    return false;
  }

  private letGo(): void {
    this.held = [];
    this.matched = 0;
  }

  private followPaste(sequence: Sequence | undefined): void {
    if (sequence?.kind !== 'csi' || sequence.final !== '~') return;
    if (sequence.params === PASTE_BEGINS) this.pasting = true;
    else if (sequence.params === PASTE_ENDS) this.pasting = false;
  }
}

function keyOf({ bytes, sequence }: Item): Key | 'released' | undefined {
  if (sequence) return keyOfSequence(sequence);
  return bytes.length === 1 ? keyOfByte(bytes[0] ?? 0) : undefined;
}
