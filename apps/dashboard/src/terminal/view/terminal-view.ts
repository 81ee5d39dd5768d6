import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { pasteText } from '../keys/paste-text.js';
import type { Found } from './find-text.js';
import { findAll } from './find-text.js';
import { hardenTerminal, hardened, plainTitle } from './harden-terminal.js';
import { screenText } from './screen-text.js';
import { scrollTarget } from './scroll-target.js';
import { wireInput } from './terminal-input.js';
import { AFTER_GAP, NEXT_PROGRAM, RESET, SHOW_CURSOR, note } from './terminal-sequences.js';
import { themeOf } from './themes.js';
import { touchScroll } from './touch-scroll.js';
import { WholeCharacters } from './whole-characters.js';

export interface Size {
  cols: number;
  rows: number;
}

export interface TerminalViewEvents {
  /** Typed, pasted, or answered by the terminal itself. */
  typed(data: string): void;
  /** Somebody tried to type where that is not possible. */
  refused(): void;
  /** What fits into the page now. */
  fits(size: Size): void;
  title(title: string): void;
  /** The program rang, now rather than in what is shown again. */
  bell(): void;
  openLink(address: string): void;
  longPress(): void;
  /** A key before the terminal takes it; true: it is taken. */
  key(event: KeyboardEvent): boolean;
}

export interface Look {
  dark: boolean;
  /** CSS pixels. */
  fontSize: number;
  screenReader: boolean;
  optionIsAlt: boolean;
}

/** Fonts of the machine that shows the page: letters first, then those that have the signs of status lines. */
const FONT = [
  'ui-monospace, "SF Mono", Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono", "Roboto Mono"',
  '"Symbols Nerd Font Mono", "Apple Symbols", "Segoe UI Symbol", "Noto Sans Symbols 2", "Noto Sans Symbols2", "Noto Sans Symbols", "Noto Sans Math", Symbola',
  'monospace',
].join(', ');
/** Rows cut off what reaches below them, as underscores do in some fonts. */
const LINE_HEIGHT = 1.15;
const FOCUS_REPORTS = new Set(['\u001b[I', '\u001b[O']);
/** Letters of somebody else's larger screen are made no smaller: it is scrolled instead. */
const SMALLEST_FONT = 6;
const SMALLEST: Size = { cols: 20, rows: 5 };
const LARGEST: Size = { cols: 1000, rows: 500 };
/** A keyboard that slides in, or an edge that is dragged, is one change of size for the program. */
const SETTLE_MS = 80;

const clamp = (value: number, from: number, to: number): number => Math.min(Math.max(value, from), to);

/** An xterm.js terminal that fills its place and trusts nothing that it shows. */
export class TerminalView {
  private readonly terminal: Terminal;
  private readonly fit = new FitAddon();
  private readonly ends: readonly (() => void)[];
  private readonly observer: ResizeObserver;
  private settle: ReturnType<typeof setTimeout> | undefined;
  /** Output from this offset on is news: what is before it was shown already, here or elsewhere. */
  private newsFrom = Infinity;
  private mayAnswer = false;
  private previewed = false;
  private parsed = 0;
  /** Nothing has been written since the last program ended. */
  private fresh = true;
  private readonly characters = new WholeCharacters();

  constructor(
    private readonly place: HTMLElement,
    private readonly events: TerminalViewEvents,
    private look: Look,
  ) {
    this.terminal = new Terminal({
      ...hardened((address) => events.openLink(address)),
      theme: themeOf(look.dark),
      fontFamily: FONT,
      fontSize: look.fontSize,
      lineHeight: LINE_HEIGHT,
      scrollback: 5_000,
      cursorBlink: true,
      macOptionIsMeta: look.optionIsAlt,
      screenReaderMode: look.screenReader,
      // Colours of programs that were chosen for another background.
      minimumContrastRatio: 4.5,
    });
    hardenTerminal(this.terminal, () => this.mayAnswer && this.isNews());
    this.terminal.loadAddon(this.fit);
    this.terminal.onData((data) => this.sends(data));
    this.terminal.onTitleChange((title) => events.title(plainTitle(title)));
    this.terminal.onBell(() => this.isNews() && events.bell());
    for (const code of [9, 777]) this.terminal.parser.registerOscHandler(code, (data) => this.notification(code, data));
    this.terminal.open(place);
    // A viewer has typed nothing, nor has a phone before its first touch.
    this.terminal.write(SHOW_CURSOR);
    this.ends = [
      wireInput(this.terminal, place, { ...events, paste: (text) => this.paste(text) }),
      touchScroll(
        place,
        scrollTarget(this.terminal, place, () => events.longPress()),
      ),
    ];
    this.observer = new ResizeObserver(() => {
      clearTimeout(this.settle);
      this.settle = setTimeout(() => this.refit(), SETTLE_MS);
    });
    // Not what is left beside scroll bars: those of somebody else's larger screen would take its size away from whoever types there.
    this.observer.observe(place, { box: 'border-box' });
  }

  /** What fits into the page, in letters of the chosen size. */
  proposal(): Size {
    const shown = this.terminal.options.fontSize;
    // The size of letters is found by measuring them.
    if (shown !== this.look.fontSize) this.terminal.options.fontSize = this.look.fontSize;
    const { cols, rows } = this.fit.proposeDimensions() ?? { cols: 80, rows: 24 };
    if (shown !== this.look.fontSize) this.terminal.options.fontSize = shown ?? this.look.fontSize;
    return { cols: clamp(cols || 80, SMALLEST.cols, LARGEST.cols), rows: clamp(rows || 24, SMALLEST.rows, LARGEST.rows) };
  }

  get size(): Size {
    return { cols: this.terminal.cols, rows: this.terminal.rows };
  }

  /** The size that the program sees. One that does not fit is shown in smaller letters, and scrolled where they would be too small. */
  setSize(size: Size): void {
    const room = this.proposal();
    const scale = Math.min(1, room.cols / size.cols, room.rows / size.rows);
    const larger = scale < 1;
    this.place.dataset['size'] = larger ? 'larger' : 'fits';
    this.terminal.options.fontSize = larger
      ? Math.max(Math.min(SMALLEST_FONT, this.look.fontSize), Math.floor(this.look.fontSize * scale * 2) / 2)
      : this.look.fontSize;
    // What came before was written for the size before.
    this.terminal.write('', () => {
      if (size.cols !== this.terminal.cols || size.rows !== this.terminal.rows) this.terminal.resize(size.cols, size.rows);
    });
  }

  setLook(look: Look): void {
    if (look.dark !== this.look.dark) this.terminal.options.theme = themeOf(look.dark);
    if (look.screenReader !== this.look.screenReader) this.terminal.options.screenReaderMode = look.screenReader;
    this.terminal.options.macOptionIsMeta = look.optionIsAlt;
    const resized = look.fontSize !== this.look.fontSize;
    this.look = look;
    if (!resized) return;
    this.terminal.options.fontSize = look.fontSize;
    this.refit();
  }

  /** Output from `offset` on is news; queries in it are answered when `mayAnswer`. */
  newsFromHere(offset: number, mayAnswer: boolean): void {
    this.newsFrom = offset;
    this.mayAnswer = mayAnswer;
  }

  /** Output from `offset` on; `done` when it has been parsed. */
  write(offset: number, data: Uint8Array, done: () => void): void {
    this.fresh = false;
    // All that came before has been parsed when these bytes are, so this is where the parser stands.
    this.terminal.write('', () => {
      this.parsed = offset;
    });
    this.terminal.write(this.characters.take(data), () => {
      this.parsed = offset + data.length;
      done();
    });
  }

  /** Forgets everything that is shown, and shows the screen as it was at `offset` instead; `done` when it has been parsed. */
  replaceWith(offset: number, screen: Uint8Array, done: () => void): void {
    this.characters.clear();
    // What the terminal answers to it is no news for the program.
    this.terminal.write('', () => {
      this.parsed = -1;
    });
    this.terminal.write(screen, () => {
      this.parsed = offset;
      done();
    });
    this.fresh = false;
  }

  /** Shows a screen for as long as there is nothing else to show. */
  preview(size: Size, screen: Uint8Array): void {
    this.setSize(size);
    this.previewed = true;
    this.terminal.write(screen);
  }

  /** What was shown in advance goes before the first byte of what it was made of comes. */
  endPreview(): void {
    if (this.previewed) this.terminal.write(RESET);
    this.previewed = false;
  }

  /** What follows was written by another program than what is shown. */
  nextProgram(): void {
    this.characters.clear();
    if (!this.fresh) this.terminal.write(NEXT_PROGRAM);
    this.fresh = true;
  }

  /** Output is missing here: says so in a line of its own. */
  skipped(words: string): void {
    this.characters.clear();
    this.terminal.write((this.fresh ? '' : AFTER_GAP) + note(words));
  }

  setWritable(writable: boolean): void {
    this.terminal.options.disableStdin = !writable;
    this.terminal.options.cursorBlink = writable;
    // A phone need not raise its keyboard for nothing.
    if (this.terminal.textarea) this.terminal.textarea.inputMode = writable ? 'text' : 'none';
  }

  /** Types, as a keyboard would. */
  press(sequence: string): void {
    if (this.terminal.options.disableStdin === true) return this.events.refused();
    this.terminal.input(sequence);
  }

  /** Types a text as a paste: nothing in it is a key. */
  paste(text: string): void {
    this.press(pasteText(text, this.terminal.modes.bracketedPasteMode));
  }

  /** Arrow keys say something else to a program that asked for it. */
  get applicationCursor(): boolean {
    return this.terminal.modes.applicationCursorKeysMode;
  }

  get selection(): string {
    return this.terminal.getSelection();
  }

  /** All text that is there, above the screen too. */
  get text(): string {
    return screenText(this.terminal.buffer.active);
  }

  find(wanted: string): Found[] {
    return findAll(this.terminal, wanted);
  }

  /** Selects what was found and brings it into sight. */
  showFound({ column, row, length }: Found): void {
    this.terminal.select(column, row, length);
    this.terminal.scrollToLine(Math.max(0, row - Math.floor(this.terminal.rows / 2)));
  }

  clearSelection(): void {
    this.terminal.clearSelection();
  }

  focus(): void {
    this.terminal.focus();
  }

  blur(): void {
    this.terminal.blur();
  }

  dispose(): void {
    for (const end of this.ends) end();
    this.observer.disconnect();
    clearTimeout(this.settle);
    this.terminal.dispose();
    this.place.replaceChildren();
  }

  /** Typed by somebody, or answered by the terminal. Programs that want to know about the focus are told when they ask: not again when that is replayed. */
  private sends(data: string): void {
    if (!FOCUS_REPORTS.has(data) || this.isNews()) this.events.typed(data);
  }

  private isNews(): boolean {
    return this.parsed >= this.newsFrom;
  }

  /** Notifications of programs (OSC 9 and 777) ring; their text is a stranger's and not shown. OSC 9;4 is a progress bar. */
  private notification(code: number, data: string): boolean {
    if (!(code === 9 && data.startsWith('4;')) && this.isNews()) this.events.bell();
    return true;
  }

  private refit(): void {
    // Hidden pages have no size.
    if (this.place.clientWidth === 0 || this.place.clientHeight === 0) return;
    this.events.fits(this.proposal());
  }
}
