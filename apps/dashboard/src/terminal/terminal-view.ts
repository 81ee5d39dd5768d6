import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { listen } from '../dom.js';
import { HARDENED, hardenTerminal, plainTitle } from './harden-terminal.js';
import { themeOf } from './themes.js';

export interface Size {
  cols: number;
  rows: number;
}

export interface TerminalViewEvents {
  /** Typed, pasted, or answered by the terminal itself. */
  typed(data: string): void;
  /** What fits into the page now. */
  fits(size: Size): void;
  title(title: string): void;
}

/** Cancels whatever sequence is under way, then resets: in the stream, so that it comes after what is still to be parsed. */
const RESET = '\u0018\u001bc';
/**
 * The same without forgetting what was shown: back to the ordinary screen and to the modes of a new terminal (margins, colours, character set, mouse,
 * focus and paste reports, cursor), and on below.
 */
const NEXT_PROGRAM =
  ['\u0018', '[?1049l', '[!p', '[m', '(B', '[?9;1000;1002;1003;1004;1005;1006;1015;2004l', '[?25h'].join('\u001b') +
  '\u000f\r\n\r\n\u001b[J';
/** Wide enough for a finger to be useful on a phone, narrow enough for 80 columns on most laptops. */
const FONT_SIZE = { phone: 12, desktop: 14 };
const SMALLEST: Size = { cols: 20, rows: 5 };
const LARGEST: Size = { cols: 1000, rows: 500 };

const clamp = (value: number, from: number, to: number): number => Math.min(Math.max(value, from), to);

/** An xterm.js terminal that fills its place and trusts nothing that it shows. */
export class TerminalView {
  private readonly terminal: Terminal;
  private readonly fit = new FitAddon();
  private readonly ends: (() => void)[] = [];
  /** Whether queries in output from this offset on may be answered. */
  private answersFrom = Infinity;
  private parsed = 0;
  /** Nothing has been written since the last program ended. */
  private fresh = true;

  constructor(
    private readonly place: HTMLElement,
    private readonly events: TerminalViewEvents,
  ) {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const phone = matchMedia('(max-width: 600px)');
    this.terminal = new Terminal({
      ...HARDENED,
      theme: themeOf(dark.matches),
      fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
      fontSize: phone.matches ? FONT_SIZE.phone : FONT_SIZE.desktop,
      scrollback: 5_000,
      cursorBlink: true,
      macOptionIsMeta: true,
    });
    hardenTerminal(this.terminal, () => this.parsed >= this.answersFrom);
    this.terminal.loadAddon(this.fit);
    this.terminal.onData((data) => events.typed(data));
    this.terminal.onTitleChange((title) => events.title(plainTitle(title)));
    this.terminal.open(place);
    const observer = new ResizeObserver(() => this.refit());
    observer.observe(place);
    this.ends.push(
      () => observer.disconnect(),
      listen(dark, 'change', () => (this.terminal.options.theme = themeOf(dark.matches))),
      listen(phone, 'change', () => {
        this.terminal.options.fontSize = phone.matches ? FONT_SIZE.phone : FONT_SIZE.desktop;
        this.refit();
      }),
    );
  }

  /** What fits into the page. */
  proposal(): Size {
    const { cols, rows } = this.fit.proposeDimensions() ?? { cols: 80, rows: 24 };
    return { cols: clamp(cols || 80, SMALLEST.cols, LARGEST.cols), rows: clamp(rows || 24, SMALLEST.rows, LARGEST.rows) };
  }

  /** The size that the program sees. */
  setSize({ cols, rows }: Size): void {
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows);
  }

  /** Queries in output before `offset` stay unanswered; in none at all when it is Infinity. */
  answerFrom(offset: number): void {
    this.answersFrom = offset;
  }

  /** Output from `offset` on; `done` when it has been parsed. */
  write(offset: number, data: Uint8Array, done: () => void): void {
    this.fresh = false;
    // All that came before has been parsed when these bytes are, so this is where the parser stands.
    this.terminal.write('', () => {
      this.parsed = offset;
    });
    this.terminal.write(data, done);
  }

  /** Forgets everything that is shown, and shows `screen` instead. */
  reset(screen = ''): void {
    this.terminal.write(RESET + screen);
  }

  /** What follows was written by another program than what is shown. */
  nextProgram(): void {
    if (!this.fresh) this.terminal.write(NEXT_PROGRAM);
    this.fresh = true;
  }

  setWritable(writable: boolean): void {
    this.terminal.options.disableStdin = !writable;
    this.terminal.options.cursorBlink = writable;
  }

  /** Types what a key sends, as a keyboard would. */
  press(sequence: string): void {
    this.terminal.input(sequence);
    this.terminal.focus();
  }

  /** Arrow keys say something else to a program that asked for it. */
  get applicationCursor(): boolean {
    return this.terminal.modes.applicationCursorKeysMode;
  }

  focus(): void {
    this.terminal.focus();
  }

  dispose(): void {
    for (const end of this.ends) end();
    this.terminal.dispose();
    this.place.replaceChildren();
  }

  private refit(): void {
    // Hidden pages have no size.
    if (this.place.clientWidth > 0 && this.place.clientHeight > 0) this.events.fits(this.proposal());
  }
}
