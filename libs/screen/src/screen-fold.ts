import type { Terminal } from '@xterm/headless';
import { guardAgainstErasing, guardAgainstFloods } from './guards.js';
import { GroundTracker, type Middle } from './ground-tracker.js';
import type { ScreenLoss } from './losses.js';
import { TerminalPalette } from './palette.js';
import { serialize } from './serialize.js';
import { DEFAULT_SCROLLBACK_LINES, openTerminal, type XtermCore } from './xterm-core.js';

/** Longest sequence that is kept until it ends; what a longer one would have set is not carried. Real ones end within some KiB. */
export const SEQUENCE_MAX_BYTES = 64 * 1024;

/** Bytes parsed at a time, so that a sequence that never ends is noticed in time. */
const SLICE_BYTES = 64 * 1024;

/** Largest checkpoint in bytes of UTF-8: a SCREEN frame must fit into 1 MiB. */
const DEFAULT_CHECKPOINT_MAX_BYTES = 1024 * 1024 - 1024;

export interface ScreenFoldOptions {
  readonly cols: number;
  readonly rows: number;
  /** Offset of the first byte to come; 0 unless told otherwise. */
  readonly offset?: number;
  /** Lines kept above the screen; must be what the viewers keep. */
  readonly scrollback?: number;
  /** Most bytes that a checkpoint's `serialized` takes; older lines are left out beyond it. */
  readonly maxBytes?: number;
}

/** A session's screen at an offset. */
export interface ScreenCheckpoint {
  /** Output from here on continues the screen: the last position between characters and sequences, at or before the last byte taken. */
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  /** Terminal output; written as bytes into an xterm of this size and of the same options it makes it equal to one that has seen everything. */
  readonly serialized: string;
  /** What the screen shows, without attributes, one line a row, blanks at the ends left out. */
  readonly text: string;
  /** What could not be carried; usually nothing. */
  readonly losses: readonly ScreenLoss[];
}

/** Folds a session's output into a terminal, from which a late viewer gets the screen instead of bytes that are gone. */
export class ScreenFold {
  readonly #terminal: Terminal;
  readonly #core: XtermCore;
  readonly #palette: TerminalPalette;
  readonly #maxBytes: number;
  readonly #tracker = new GroundTracker();
  /** Bytes since the last ground position, not parsed yet, and the offset where they start. */
  #pending: Uint8Array = new Uint8Array();
  #pendingFrom: number;
  /** What puts a parser in ground state where `pending` goes on: empty, unless a sequence grew too long or was cut by a resize. */
  #entry = '';
  #cursorBlink: boolean | undefined;
  #failed = false;

  constructor({
    cols,
    rows,
    offset = 0,
    scrollback = DEFAULT_SCROLLBACK_LINES,
    maxBytes = DEFAULT_CHECKPOINT_MAX_BYTES,
  }: ScreenFoldOptions) {
    const { terminal, core } = openTerminal({ cols, rows, scrollback });
    this.#terminal = terminal;
    this.#core = core;
    this.#palette = new TerminalPalette(core);
    this.#maxBytes = maxBytes;
    this.#pendingFrom = offset;
    guardAgainstErasing(terminal, core);
    guardAgainstFloods(terminal, core);
    this.#watchCursorBlink();
  }

  /** A fold that goes on from a checkpoint; the next byte to be written is the one at `checkpoint.offset`. */
  static resume(
    checkpoint: Pick<ScreenCheckpoint, 'offset' | 'cols' | 'rows' | 'serialized'>,
    options: Pick<ScreenFoldOptions, 'scrollback' | 'maxBytes'> = {},
  ): ScreenFold {
    const fold = new ScreenFold({ ...options, cols: checkpoint.cols, rows: checkpoint.rows });
    fold.write(new TextEncoder().encode(checkpoint.serialized));
    fold.#entry += new TextDecoder().decode(fold.#pending);
    fold.#pending = new Uint8Array();
    fold.#pendingFrom = checkpoint.offset;
    return fold;
  }

  /** Offset after the last byte taken. */
  get offset(): number {
    return this.#pendingFrom + this.#pending.length;
  }

  get cols(): number {
    return this.#core.cols;
  }

  get rows(): number {
    return this.#core.rows;
  }

  /** Takes the next bytes of output; returns when they are parsed. Cut large output: some sequences cost far more than their bytes. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) this.#writeSlice(bytes.subarray(at, at + SLICE_BYTES));
  }

  /** The session's size changes at {@link offset}: columns and rows. */
  resize(cols: number, rows: number): void {
    const { middle } = this.#tracker;
    // Controls within an unfinished sequence act at once, so before the resize.
    if (middle === 'escape' || middle === 'control') this.#absorb();
    this.#terminal.resize(cols, rows);
  }

  /** Output up to offset `to` is missing: what is unfinished is cancelled, and the next byte to be written is the one at `to`. */
  skipTo(to: number): void {
    this.write(CANCEL);
    this.#pending = new Uint8Array();
    this.#pendingFrom = to;
  }

  checkpoint(): ScreenCheckpoint {
    const entry = this.#entry;
    const { text, losses } = serialize({
      core: this.#core,
      palette: this.#palette,
      cursorBlink: this.#cursorBlink,
      maxBytes: this.#maxBytes - entry.length,
    });
    return {
      offset: this.#pendingFrom,
      cols: this.cols,
      rows: this.rows,
      serialized: text + entry,
      text: this.#text(),
      losses: this.#failed ? [...losses, 'failure'] : losses,
    };
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  #writeSlice(slice: Uint8Array): void {
    const ground = this.#tracker.push(slice);
    if (ground < 0) {
      this.#pending = concat(this.#pending, slice);
    } else {
      // In one piece: xterm loses characters that are cut in two.
      const head =
        this.#pending.length === 0 && this.#entry === '' ? undefined : concat(new TextEncoder().encode(this.#entry), this.#pending);
      const rest = slice.subarray(0, ground);
      this.#parse(head ? concat(head, rest) : rest);
      this.#pendingFrom += this.#pending.length + ground;
      this.#pending = slice.slice(ground);
      this.#entry = '';
    }
    if (this.#pending.length > SEQUENCE_MAX_BYTES) this.#absorb();
  }

  /**
   * Gives up the pending bytes for a short entry: controls within them take effect, the sequence so far is kept if it is short, and what is left
   * of a longer one will be ignored.
   */
  #absorb(): void {
    const { middle, partial } = this.#tracker;
    const taken = this.#pending.subarray(0, this.#pending.length - partial);
    let entry = SWALLOW[middle];
    if (middle === 'escape' || middle === 'control') {
      const sequence = concat(new TextEncoder().encode(this.#entry), taken);
      this.#parse(sequence);
      const kept = lastSequence(sequence);
      if (kept.length <= ENTRY_MAX) entry = kept;
    }
    this.#entry = entry;
    this.#pendingFrom += taken.length;
    this.#pending = this.#pending.slice(taken.length);
  }

  /** Some sizes leave xterm with fewer lines than rows, and then it throws: that must end neither the fold nor its process. */
  #parse(bytes: Uint8Array): void {
    try {
      this.#core._inputHandler.parse(bytes);
    } catch {
      this.#failed = true;
      this.#core._inputHandler._parser.reset();
    }
  }

  #text(): string {
    const { active } = this.#terminal.buffer;
    const rows = Array.from(
      { length: this.rows },
      (_, row) =>
        active
          .getLine(active.baseY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
    return rows.join('\n').trimEnd();
  }

  /** DECSET 12 sets xterm's option, which cannot tell a program's choice from a viewer's. */
  #watchCursorBlink(): void {
    for (const [final, blinks] of [
      ['h', true],
      ['l', false],
    ] as const) {
      this.#terminal.parser.registerCsiHandler({ prefix: '?', final }, (params) => {
        if (params.includes(12)) this.#cursorBlink = blinks;
        return false;
      });
    }
  }
}

/** Ends whatever sequence a terminal is in, and does nothing between two. */
const CANCEL = Uint8Array.of(0x18);

/** Longest unfinished control sequence that is kept: xterm reads 32 parameters. */
const ENTRY_MAX = 1024;

/** The start of a sequence of each sort that does nothing, however it goes on. */
const SWALLOW: Readonly<Record<Middle, string>> = {
  ground: '',
  escape: '\x1b  ',
  control: '\x1b[1?',
  osc: '\x1b]x',
  dcs: '\x1bP1?',
  string: '\x1bX',
};

const ESC = 0x1b;

/** The unfinished control sequence that `bytes` end with, in seven bits, without the controls within it. */
function lastSequence(bytes: Uint8Array): string {
  let text = '';
  for (const [i, byte] of bytes.entries()) {
    if (byte === ESC) text = '\x1b';
    else if (byte === 0x9b && bytes[i - 1] === 0xc2) text = '\x1b[';
    else if (byte >= 0x20 && byte < 0x7f && text.length <= ENTRY_MAX) text += String.fromCharCode(byte);
  }
  return text;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
