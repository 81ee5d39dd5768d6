import type { XtermCore } from './xterm-core.js';

const SET = 1;
const RESTORE = 2;

/** xterm numbers the text's, background's and cursor's colours on from the 256 of the palette. */
const SPECIAL = 256;
const SPECIALS = 3;

/** Colours that the program has changed (OSC 4, 10, 11, 12), which xterm hands on and does not keep. */
export class TerminalPalette {
  readonly #colours = new Map<number, readonly [number, number, number]>();

  constructor(core: XtermCore) {
    core._inputHandler.onColor((changes) => {
      for (const { type, index, color } of changes) {
        if (type === SET && index !== undefined && color) this.#colours.set(index, color);
        else if (type === RESTORE && index !== undefined) this.#colours.delete(index);
        else if (type === RESTORE) for (let i = 0; i < SPECIAL; i++) this.#colours.delete(i);
      }
    });
  }

  /** Sequences that undo all changes and make these. */
  sequences(): string {
    let text = '\x1b]104\x1b\\';
    for (let i = 0; i < SPECIALS; i++) text += `\x1b]${110 + i}\x1b\\`;
    for (const [index, colour] of [...this.#colours].sort(([a], [b]) => a - b)) {
      const target = index < SPECIAL ? `4;${index}` : `${10 + index - SPECIAL}`;
      text += `\x1b]${target};rgb:${colour.map((part) => part.toString(16).padStart(2, '0')).join('/')}\x1b\\`;
    }
    return text;
  }
}
