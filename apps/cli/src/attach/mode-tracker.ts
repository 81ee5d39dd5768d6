import type { Sequence } from './escape-scanner.js';
import { EscapeScanner } from './escape-scanner.js';
import { isQuery } from './terminal-answers.js';

const ESC = '\u001b';
const CSI = `${ESC}[`;
const STRING_END = `${ESC}\\`;

/**
 * Private modes that a program may leave behind, and what they are in a terminal that nobody has touched: cursor keys, reverse screen, origin, wrap, mouse
 * (9, 1000-1007, 1015, 1016), cursor, keypad, margins, focus, colour scheme and size reports, paste, held updates.
 */
const INITIAL = new Map<number, boolean>([
  ...[1, 5, 6, 9, 45, 66, 69, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 2004, 2026, 2031, 2048].map(
    (mode) => [mode, false] as const,
  ),
  [7, true],
  [25, true],
]);
const ALTERNATE_SCREENS: ReadonlySet<number> = new Set([47, 1047, 1049]);
const HELD_UPDATES = 2026;
const ORIGIN = 6;

/** Colours that an OSC sets, and the OSC that undoes it. */
const COLOURS = new Map([
  ['4', '104'],
  ['10', '110'],
  ['11', '111'],
  ['12', '112'],
]);

/** One screen's flags of the kitty keyboard protocol. */
class Keyboard {
  private readonly pushed: string[] = [];
  /** Flags set without a push before. */
  private bare: string | undefined;

  push(flags: string): void {
    this.pushed.push(flags || '0');
  }

  pop(count: string): void {
    this.pushed.splice(-Math.max(1, Number(count) || 1));
  }

  change(params: string): void {
    const [flags = '0'] = params.split(';');
    if (this.pushed.length > 0) this.pushed[this.pushed.length - 1] = flags;
    else this.bare = flags;
  }

  /** Pops no more than was pushed: what lies below is the shell's. */
  restoring(): string {
    const pops = this.pushed.length > 0 ? `${CSI}<${String(this.pushed.length)}u` : '';
    return pops + (this.bare === undefined ? '' : `${CSI}=0u`);
  }

  reapplying(): string {
    const bare = this.bare === undefined ? '' : `${CSI}=${this.bare}u`;
    return bare + this.pushed.map((flags) => `${CSI}>${flags}u`).join('');
  }
}

/** What a program has made of a terminal, from the bytes that the terminal was shown: enough to leave it as it was found. */
export class ModeTracker {
  private readonly scanner = new EscapeScanner();
  private modes = new Map<number, boolean>();
  private alternate: number | undefined;
  private keyboards = { main: new Keyboard(), alternate: new Keyboard() };
  private otherKeys: string | undefined;
  private keypad = false;
  private insert = false;
  private margins: string | undefined;
  private styled = false;
  private cursorStyle: string | undefined;
  private charset = false;
  private tabs = false;
  private link = false;
  private progress = false;
  private colours = new Set<string>();
  /** Title that the program has set. */
  title: string | undefined;
  /** Queries seen: what a terminal that has been shown all this has typed answers to. */
  queries = 0;

  /** Whether the terminal is in no sequence, so that one of ours can be put in. */
  get ground(): boolean {
    return this.scanner.ground;
  }

  /** Bytes that the terminal has been shown. */
  feed(bytes: Uint8Array): void {
    this.scanner.scan(bytes, (sequence) => this.apply(sequence));
  }

  /** What undoes everything. The terminal stays on the line where the cursor is. */
  restoring(): string {
    const on = (mode: number): boolean | undefined => this.modes.get(mode);
    return [
      // Whatever is under way is cut off.
      this.ground ? '' : '\u0018',
      on(HELD_UPDATES) ? `${CSI}?${String(HELD_UPDATES)}l` : '',
      this.alternate === undefined ? '' : this.keyboards.alternate.restoring() + `${CSI}?${String(this.alternate)}l`,
      this.keyboards.main.restoring(),
      this.otherKeys === undefined ? '' : `${CSI}>4m`,
      ...[...this.modes]
        .filter(([mode]) => mode !== HELD_UPDATES && mode !== ORIGIN)
        .map(([mode]) => `${CSI}?${String(mode)}${INITIAL.get(mode) ? 'h' : 'l'}`),
      // Both move the cursor.
      this.margins === undefined && !on(ORIGIN) ? '' : `${ESC}7${CSI}?${String(ORIGIN)}l${CSI}r${ESC}8`,
      this.keypad ? `${ESC}>` : '',
      this.insert ? `${CSI}4l` : '',
      this.charset ? `\u000f${ESC}(B` : '',
      this.link ? `${ESC}]8;;${STRING_END}` : '',
      this.styled ? `${CSI}m` : '',
      this.cursorStyle === undefined ? '' : `${CSI}0 q`,
      this.tabs ? `${CSI}?5W` : '',
      this.progress ? `${ESC}]9;4;0${STRING_END}` : '',
      ...[...this.colours].map((code) => `${ESC}]${code}${STRING_END}`),
    ].join('');
  }

  /** What makes a restored terminal the program's again; what it showed, the program has to draw anew. */
  reapplying(): string {
    return [
      this.keyboards.main.reapplying(),
      this.alternate === undefined ? '' : `${CSI}?${String(this.alternate)}h` + this.keyboards.alternate.reapplying(),
      this.otherKeys === undefined ? '' : `${CSI}>4;${this.otherKeys}m`,
      this.margins === undefined ? '' : `${CSI}${this.margins}r`,
      ...[...this.modes].filter(([mode]) => mode !== HELD_UPDATES).map(([mode, set]) => `${CSI}?${String(mode)}${set ? 'h' : 'l'}`),
      this.keypad ? `${ESC}=` : '',
      this.insert ? `${CSI}4h` : '',
      this.cursorStyle === undefined ? '' : `${CSI}${this.cursorStyle} q`,
    ].join('');
  }

  private apply(sequence: Sequence): void {
    if (isQuery(sequence)) this.queries += 1;
    switch (sequence.kind) {
      case 'csi':
        return this.applyCsi(sequence);
      case 'string':
        if (sequence.introducer === ']') this.applyOsc(sequence.content);
        return undefined;
      case 'escape':
        return this.applyEscape(sequence);
      case 'shift':
        if (sequence.out) this.charset = true;
        return undefined;
    }
  }

  private applyCsi({ params, intermediates, final }: Extract<Sequence, { kind: 'csi' }>): void {
    const prefix = /^[?<=>]/.exec(params)?.[0] ?? '';
    switch (`${prefix}${intermediates}${final}`) {
      case '?h':
      case '?l':
        return this.setModes(params.slice(1), final === 'h');
      case 'h':
      case 'l':
        if (params.split(';').includes('4')) this.insert = final === 'h';
        return undefined;
      case '>u':
        return this.keyboard.push(params.slice(1));
      case '<u':
        return this.keyboard.pop(params.slice(1));
      case '=u':
        return this.keyboard.change(params.slice(1));
      case '>m':
        if (/^>4(;|$)/.test(params)) this.otherKeys = /^>4;([12])/.exec(params)?.[1];
        return undefined;
      case 'm':
        this.styled = !/^[0;]*$/.test(params);
        return undefined;
      case 'r':
        this.margins = params === '' ? undefined : params;
        return undefined;
      case ' q':
        this.cursorStyle = /^0?$/.test(params) ? undefined : params;
        return undefined;
      case '!p':
        return this.softReset();
      case 'g':
        this.tabs = true;
        return undefined;
      default:
        return undefined;
    }
  }

  private setModes(list: string, set: boolean): void {
    for (const mode of list.split(';').map(Number)) {
      if (ALTERNATE_SCREENS.has(mode)) this.alternate = set ? mode : undefined;
      const initial = INITIAL.get(mode);
      if (initial === undefined) continue;
      // Set anew, it moves to the end: of several mouse modes the latest counts.
      this.modes.delete(mode);
      if (set !== initial) this.modes.set(mode, set);
    }
  }

  private get keyboard(): Keyboard {
    return this.alternate === undefined ? this.keyboards.main : this.keyboards.alternate;
  }

  private applyOsc(content: string): void {
    const [code = '', ...rest] = content.split(';');
    const value = rest.join(';');
    const undo = COLOURS.get(code);
    if (undo !== undefined && !value.includes('?')) this.colours.add(undo);
    else if (this.colours.has(code)) this.colours.delete(code);
    else if (code === '0' || code === '2') this.title = value;
    else if (code === '8') this.link = !value.endsWith(';');
    else if (code === '9' && value.startsWith('4;')) this.progress = !value.startsWith('4;0');
  }

  private applyEscape({ intermediates, final }: Extract<Sequence, { kind: 'escape' }>): void {
    if (intermediates === '(' || intermediates === ')') {
      if (final !== 'B') this.charset = true;
    } else if (intermediates === '') {
      if (final === '=' || final === '>') this.keypad = final === '=';
      else if (final === 'c') this.reset();
      else if (final === 'H') this.tabs = true;
    }
  }

  /** DECSTR: of what is followed here all but screen, mouse, reports and keyboard. */
  private softReset(): void {
    for (const mode of [1, 6, 7, 25, 66, 69]) this.modes.delete(mode);
    Object.assign(this, { keypad: false, insert: false, margins: undefined, styled: false, charset: false });
  }

  /** RIS: a new terminal. */
  private reset(): void {
    this.softReset();
    this.modes = new Map();
    this.alternate = undefined;
    this.keyboards = { main: new Keyboard(), alternate: new Keyboard() };
    Object.assign(this, { otherKeys: undefined, cursorStyle: undefined, tabs: false, link: false, title: undefined });
  }
}
