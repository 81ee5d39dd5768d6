import { DEFAULT_LOOK, sameLook, setLink, setLook, type Look } from './look.js';
import type { ScreenLoss } from './losses.js';
import type { XtermCore } from './xterm-core.js';

/** Collects the sequences that draw a screen, and knows the look and column that they lead to. */
export class Painter {
  #text = '';
  #look: Look = DEFAULT_LOOK;
  /** Column that the next character goes to; `cols` while the wrap is pending. */
  #column = 0;
  readonly losses = new Set<ScreenLoss>();

  constructor(readonly core: XtermCore) {}

  get column(): number {
    return this.#column;
  }

  get cols(): number {
    return this.core.cols;
  }

  get look(): Look {
    return this.#look;
  }

  /** The text so far; the painter goes on with none. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Adds a sequence that leads to `column` and leaves the look alone. */
  raw(sequence: string, column = this.#column): void {
    this.#text += sequence;
    this.#column = column;
  }

  setLook(look: Look): void {
    if (sameLook(look, this.#look)) return;
    if (look.link !== this.#look.link) this.#text += setLink(this.core, look.link);
    if (!sameLook({ ...look, link: 0 }, { ...this.#look, link: 0 })) this.#text += setLook(look);
    this.#look = look;
  }

  resetLook(): void {
    this.setLook(DEFAULT_LOOK);
  }

  /** Moves within the row, and so ends a pending wrap and what a combining mark would join. */
  moveTo(column: number): void {
    this.raw(`\x1b[${column === 0 ? '' : column + 1}G`, column);
  }

  /** Prints text of so many columns where the cursor is; a pending wrap wraps. */
  print(text: string, width: number): void {
    this.#column = (this.#column + width > this.cols ? 0 : this.#column) + width;
    this.#text += text;
  }

  /** Blanks cells from the cursor on with the look's background; the cursor stays. */
  erase(count: number): void {
    this.raw(`\x1b[${count === 1 ? '' : count}X`);
  }
}
