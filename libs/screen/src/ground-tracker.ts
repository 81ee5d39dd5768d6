/** States of a terminal's parser, as in the diagram of the DEC ANSI parser (vt100.net/emu/dec_ansi_parser). */
const State = {
  Ground: 0,
  Escape: 1,
  EscapeIntermediate: 2,
  CsiEntry: 3,
  CsiParam: 4,
  CsiIntermediate: 5,
  CsiIgnore: 6,
  /** SOS, PM and APC. */
  String: 7,
  Osc: 8,
  DcsEntry: 9,
  DcsParam: 10,
  DcsIgnore: 11,
  DcsIntermediate: 12,
  DcsPassthrough: 13,
} as const;

const STATES = State.DcsPassthrough + 1;

const ESC = 0x1b;

/** Every code point from U+00A0 on is treated alike. */
const PRINTABLE = 0xa0;
const CODES = PRINTABLE + 1;

/** What the parser is in the middle of; `escape` and `control` still execute C0 controls at once. */
export type Middle = 'ground' | 'escape' | 'control' | 'osc' | 'dcs' | 'string';

const MIDDLE: readonly Middle[] = [
  'ground',
  'escape',
  'escape',
  'control',
  'control',
  'control',
  'control',
  'string',
  'osc',
  'dcs',
  'dcs',
  'dcs',
  'dcs',
  'dcs',
];

const TRANSITIONS = buildTransitions();

function buildTransitions(): Uint8Array {
  const table = new Uint8Array(STATES * CODES);
  const on = (state: number, from: number, to: number, next: number) => table.fill(next, state * CODES + from, state * CODES + to + 1);
  const stay = (state: number, from: number, to: number) => on(state, from, to, state);

  stay(State.Escape, 0x00, 0x1f);
  stay(State.Escape, 0x7f, 0x7f);
  on(State.Escape, 0x20, 0x2f, State.EscapeIntermediate);
  on(State.Escape, 0x50, 0x50, State.DcsEntry);
  on(State.Escape, 0x5b, 0x5b, State.CsiEntry);
  on(State.Escape, 0x5d, 0x5d, State.Osc);
  for (const code of [0x58, 0x5e, 0x5f]) on(State.Escape, code, code, State.String);
  stay(State.EscapeIntermediate, 0x00, 0x2f);
  stay(State.EscapeIntermediate, 0x7f, 0x7f);

  for (const state of [State.CsiEntry, State.CsiParam, State.CsiIntermediate, State.CsiIgnore]) {
    stay(state, 0x00, 0x1f);
    stay(state, 0x7f, 0x7f);
    on(state, 0x20, 0x2f, state === State.CsiIgnore ? state : State.CsiIntermediate);
    on(state, 0x30, 0x3f, State.CsiIgnore);
  }
  on(State.CsiEntry, 0x30, 0x3f, State.CsiParam);
  on(State.CsiParam, 0x30, 0x3b, State.CsiParam);
  stay(State.CsiIgnore, PRINTABLE, PRINTABLE);

  stay(State.String, 0x00, 0x7f);
  stay(State.Osc, 0x00, 0x7f);
  on(State.Osc, 0x07, 0x07, State.Ground);
  stay(State.Osc, PRINTABLE, PRINTABLE);

  for (const state of [State.DcsEntry, State.DcsParam, State.DcsIntermediate]) {
    stay(state, 0x00, 0x1f);
    stay(state, 0x7f, 0x7f);
    on(state, 0x20, 0x2f, State.DcsIntermediate);
    on(state, 0x30, 0x3f, State.DcsIgnore);
    on(state, 0x40, 0x7e, State.DcsPassthrough);
  }
  on(State.DcsEntry, 0x30, 0x3f, State.DcsParam);
  on(State.DcsParam, 0x30, 0x3b, State.DcsParam);
  for (const state of [State.DcsIgnore, State.DcsPassthrough]) {
    stay(state, 0x00, 0x7f);
    stay(state, PRINTABLE, PRINTABLE);
  }

  // From anywhere: CAN and SUB cancel, ESC and the C1 controls start something new, other C1 controls end in ground.
  for (let state = 0; state < STATES; state++) {
    for (const code of [0x18, 0x1a]) on(state, code, code, State.Ground);
    on(state, 0x1b, 0x1b, State.Escape);
    on(state, 0x80, 0x9f, State.Ground);
    on(state, 0x90, 0x90, State.DcsEntry);
    on(state, 0x9b, 0x9b, State.CsiEntry);
    on(state, 0x9d, 0x9d, State.Osc);
    for (const code of [0x98, 0x9e, 0x9f]) on(state, code, code, State.String);
  }
  return table;
}

/**
 * Follows a terminal's parser over UTF-8 bytes just far enough to say where it was last in ground state: between characters and outside of any
 * sequence. It agrees with xterm at every byte, malformed input included, and holds a few numbers however long a sequence gets.
 */
export class GroundTracker {
  #state: number = State.Ground;
  /** Bytes of the character under way: seen, still to come, and its bits so far. */
  #seen = 0;
  #missing = 0;
  #bits = 0;

  get middle(): Middle {
    return MIDDLE[this.#state] as Middle;
  }

  /** Bytes of an unfinished UTF-8 character that the stream ends with: 0-3. */
  get partial(): number {
    return this.#missing === 0 ? 0 : this.#seen;
  }

  /**
   * Takes the stream's next bytes and answers how many of them lead up to the last position from which a parser in ground state would go on in the
   * same way, or -1 when there was none.
   */
  push(bytes: Uint8Array): number {
    let ground = this.#state === State.Ground && this.#missing === 0 ? 0 : -1;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (byte === ESC && this.#abandons()) ground = i;
      if (this.#missing === 0 && byte < 0x80) {
        if (this.#state !== State.Ground || byte === ESC) this.#step(byte);
      } else this.#stepUtf8(byte);
      if (this.#state === State.Ground && this.#missing === 0) ground = i + 1;
    }
    return ground;
  }

  /** An escape here drops what there was of a sequence without a trace, so that the position before it is as good as ground. */
  #abandons(): boolean {
    return this.#state !== State.Ground && this.#state !== State.Osc && this.#state !== State.DcsPassthrough;
  }

  #step(code: number): void {
    this.#state = TRANSITIONS[this.#state * CODES + (code < PRINTABLE ? code : PRINTABLE)] as number;
  }

  /** A byte of a longer character, or one that breaks it off: what came of it until then is dropped and the byte starts afresh, as in xterm. */
  #stepUtf8(byte: number): void {
    if (this.#missing > 0 && (byte & 0xc0) === 0x80) {
      this.#seen++;
      this.#bits = (this.#bits << 6) | (byte & 0x3f);
      if (--this.#missing === 0 && isAccepted(this.#bits, this.#seen)) this.#step(this.#bits);
      return;
    }
    this.#seen = 1;
    this.#missing = 0;
    if (byte < 0x80) this.#step(byte);
    else if ((byte & 0xe0) === 0xc0) this.#start(1, byte & 0x1f);
    else if ((byte & 0xf0) === 0xe0) this.#start(2, byte & 0x0f);
    else if ((byte & 0xf8) === 0xf0) this.#start(3, byte & 0x07);
  }

  #start(missing: number, bits: number): void {
    this.#missing = missing;
    this.#bits = bits;
  }
}

/** False for what xterm skips: overlong forms, surrogates, the byte order mark, and what lies beyond Unicode. */
function isAccepted(code: number, length: number): boolean {
  if (length === 2) return code >= 0x80;
  if (length === 3) return code >= 0x800 && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfeff;
  return code >= 0x1_0000 && code <= 0x10_ffff;
}
