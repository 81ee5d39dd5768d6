import type { Terminal } from '@xterm/headless';
import { guardAgainstErasing } from '../guards.js';
import { lookOf, penOf, sameLook, savedPenOf } from '../look.js';
import { TerminalPalette } from '../palette.js';
import { charsetFlag, openTerminal, type CoreBuffer, type CoreLine, type XtermCore } from '../xterm-core.js';

/** A terminal as a viewer has it: fed bytes in any pieces, unfinished characters held back as the browser's side must. */
export class Viewer {
  readonly terminal: Terminal;
  readonly core: XtermCore;
  readonly palette: TerminalPalette;
  #held: Uint8Array = new Uint8Array();
  #lacksLines = false;

  constructor(size: { cols: number; rows: number; scrollback: number }) {
    ({ terminal: this.terminal, core: this.core } = openTerminal(size));
    guardAgainstErasing(this.terminal, this.core);
    this.palette = new TerminalPalette(this.core);
  }

  write(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#held.length + bytes.length);
    all.set(this.#held);
    all.set(bytes, this.#held.length);
    const whole = all.length - unfinished(all);
    this.#held = all.slice(whole);
    if (whole > 0) this.core._inputHandler.parse(all.subarray(0, whole));
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows);
    const { normal, active } = this.core.buffers;
    if ([normal, active].some(({ lines, ybase }) => lines.length < ybase + rows)) this.#lacksLines = true;
  }

  /** True once xterm came out of a resize with fewer lines than rows, as it can with next to no scrollback. */
  get lacksLines(): boolean {
    return this.#lacksLines;
  }

  /** True while lines keep combining marks of characters that are gone: getting narrower or wider, xterm can give them to others. */
  get keepsMarks(): boolean {
    const { lines } = this.core.buffers.normal;
    for (let index = 0; index < lines.length; index++) {
      const line = lines.get(index) as unknown as { _combined: Record<number, string>; isCombined(column: number): number };
      if (Object.keys(line._combined).some((column) => !line.isCombined(Number(column)))) return true;
    }
    return false;
  }

  /** Where the ring of lines starts; getting narrower, xterm loses lines of a ring that is neither full nor starts at its beginning. */
  get ringStart(): number {
    const { lines } = this.core.buffers.normal;
    return (lines as unknown as { _startIndex: number })._startIndex % lines.maxLength;
  }

  /** Tab stops of both buffers that are on the screen, and beyond its right edge. */
  tabStops(where: 'shown' | 'beyond'): string {
    const { normal, alt } = this.core.buffers;
    return [normal, alt]
      .map(({ tabs }) => Object.keys(tabs).filter((column) => Number(column) < this.core.cols === (where === 'shown')))
      .join(';');
  }

  /** True while the pen has a link that xterm has forgotten, as it does when the line of its start is cleared. */
  get forgotLink(): boolean {
    const { urlId } = this.core._inputHandler._curAttrData.extended;
    return isForgotten(this.core, urlId);
  }

  /** True while the alternate screen hides cells beyond its edges, which xterm keeps when it gets smaller and no sequence reaches. */
  get hidesCells(): boolean {
    const { active, alt } = this.core.buffers;
    if (active !== alt) return false;
    if (alt.lines.maxLength > this.core.rows) return true;
    for (let row = 0; row < alt.lines.length; row++) if ((alt.lines.get(row)?.length ?? 0) > this.core.cols) return true;
    return false;
  }
}

/** Bytes at the end that begin a UTF-8 character without ending it. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc0 && byte < 0xe0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/**
 * Names of what differs between two terminals, with both values: everything that decides what they show now and make of what comes. Two without
 * differences stay without. Numbers of links may differ; which cells share one, and its address, may not.
 */
export function differences(a: Viewer, b: Viewer): string[] {
  const links = new LinkPairs(a.core, b.core);
  const found: string[] = [];
  const compare = (name: string, x: unknown, y: unknown) => {
    if (x !== y) found.push(`${name}: ${JSON.stringify(x)} | ${JSON.stringify(y)}`);
  };
  compareState(a, b, compare);
  const penA = penOf(a.core, a.core._inputHandler._curAttrData);
  const penB = penOf(b.core, b.core._inputHandler._curAttrData);
  const forgotten = a.forgotLink || b.forgotLink;
  const shown = (pen: typeof penA) => JSON.stringify({ ...pen, link: 0, extended: forgotten || pen.extended });
  compare('pen', shown(penA), shown(penB));
  if (!forgotten && !links.match(penA.link, penB.link)) found.push(`link of the pen: ${links.show(penA.link, penB.link)}`);
  const alternate = a.core.buffers.active === a.core.buffers.alt;
  compareSlots('normal', a.core.buffers.normal, b.core.buffers.normal, compare);
  compareSlots('alternate', a.core.buffers.alt, b.core.buffers.alt, compare);
  compareBuffers('normal', a.core, b.core, compare);
  if (alternate) compareBuffers('alternate', a.core, b.core, compare);
  for (const name of alternate ? (['normal', 'alt'] as const) : (['normal'] as const)) {
    const [left, right] = [a.core.buffers[name], b.core.buffers[name]];
    const first = name === 'normal' ? 0 : left.ybase;
    const offset = name === 'normal' ? 0 : right.ybase - left.ybase;
    for (let index = first; index < left.lines.length; index++) {
      const [lineA, lineB] = [left.lines.get(index), right.lines.get(index + offset)];
      const difference = lineA && lineB ? differenceOfLines({ a: a.core, b: b.core, links }, lineA, lineB) : 'missing';
      if (difference) found.push(`${name} line ${index}: ${difference}`);
    }
  }
  return found;
}

type Compare = (name: string, x: unknown, y: unknown) => void;

function compareState({ core: a, palette: paletteA }: Viewer, { core: b, palette: paletteB }: Viewer, compare: Compare): void {
  const isAlternate = a.buffers.active === a.buffers.alt;
  compare('size', `${a.cols}x${a.rows}`, `${b.cols}x${b.rows}`);
  compare('on the alternate screen', isAlternate, b.buffers.active === b.buffers.alt);
  compare('cursor', `${a.buffers.active.x},${a.buffers.active.y}`, `${b.buffers.active.x},${b.buffers.active.y}`);
  if (isAlternate) compare('row behind the alternate screen', a.buffers.normal.y, b.buffers.normal.y);
  compare('charsets', charsetsOf(a), charsetsOf(b));
  compare('joins', (a._inputHandler._parser.precedingJoinState >> 1) & 3, (b._inputHandler._parser.precedingJoinState >> 1) & 3);
  compare('parser', a._inputHandler._parser.currentState, b._inputHandler._parser.currentState);
  compare('title', a._inputHandler._windowTitle, b._inputHandler._windowTitle);
  compare('icon name', a._inputHandler._iconName, b._inputHandler._iconName);
  compare('palette', paletteA.sequences(), paletteB.sequences());
  compare('modes', modesOf(a), modesOf(b));
}

const charsetsOf = ({ _charsetService: { charset, glevel, _charsets } }: XtermCore) =>
  [charset, ...[0, 1, 2, 3].map((level) => _charsets[level])].map(charsetFlag).join('') + glevel;

const modesOf = ({ coreService, coreMouseService, optionsService }: XtermCore) =>
  JSON.stringify([
    coreService.isCursorHidden,
    coreService.modes,
    coreService.decPrivateModes,
    coreMouseService.activeProtocol,
    coreMouseService.activeEncoding,
    optionsService.rawOptions.convertEol,
  ]);

function compareSlots(name: string, a: CoreBuffer, b: CoreBuffer, compare: Compare): void {
  const [slotA, slotB] = [a, b].map(({ savedX, savedY, ybase, savedCharset, savedCurAttrData }) => {
    // Lines above the alternate screen are out of reach, and so is what is saved there.
    const row = Math.max(0, name === 'normal' ? savedY : savedY - ybase);
    return `${savedX},${row} ${charsetFlag(savedCharset)} ${JSON.stringify(savedPenOf(savedCurAttrData))}`;
  });
  compare(`${name} slot`, slotA, slotB);
}

function compareBuffers(name: 'normal' | 'alternate', coreA: XtermCore, coreB: XtermCore, compare: Compare): void {
  const [a, b] = [coreA, coreB].map(({ buffers }) => (name === 'normal' ? buffers.normal : buffers.alt)) as [CoreBuffer, CoreBuffer];
  if (name === 'normal') compare('lines scrolled off', a.ybase, b.ybase);
  compare(`${name} margins`, `${a.scrollTop}-${a.scrollBottom}`, `${b.scrollTop}-${b.scrollBottom}`);
  compare(`${name} lines`, a.lines.length - a.ybase, b.lines.length - b.ybase);
  const stops = ({ tabs }: CoreBuffer) =>
    Object.keys(tabs)
      .filter((column) => Number(column) < coreA.cols)
      .join();
  compare(`${name} tab stops`, stops(a), stops(b));
}

interface Cores {
  readonly a: XtermCore;
  readonly b: XtermCore;
  readonly links: LinkPairs;
}

function differenceOfLines({ a, b, links }: Cores, lineA: CoreLine, lineB: CoreLine): string {
  if (lineA.isWrapped !== lineB.isWrapped) return `wrapped ${lineA.isWrapped} | ${lineB.isWrapped}`;
  for (let column = 0; column < a.cols; column++) {
    const [lookA, lookB] = [lookOf(a, lineA, column), lookOf(b, lineB, column)];
    const same =
      lineA.getWidth(column) === lineB.getWidth(column) &&
      lineA.getString(column) === lineB.getString(column) &&
      (lookA === lookB ||
        (column > 0 && isTail(lineA, column)) ||
        ((links.match(lookA.link, lookB.link) || forgets(a, lineA, column) || forgets(b, lineB, column)) &&
          sameLook({ ...lookA, link: 0 }, { ...lookB, link: 0 })));
    if (!same)
      return `column ${column}: ${show(lineA, column, lookA)} | ${show(lineB, column, lookB)} in ${showLine(lineA)} | ${showLine(lineB)}`;
  }
  return '';
}

/** The second column of a wide character is drawn as the first one looks. */
const isTail = (line: CoreLine, column: number) => line.getWidth(column) === 0 && line.getWidth(column - 1) === 2;

const isForgotten = (core: XtermCore, link: number) => link !== 0 && core._oscLinkService.getLinkData(link) === undefined;

const forgets = (core: XtermCore, line: CoreLine, column: number) =>
  (line.getBg(column) & 0x1000_0000) !== 0 && isForgotten(core, line._extendedAttrs[column]?.urlId ?? 0);

const show = (line: CoreLine, column: number, look: object) =>
  `${line.getWidth(column)}${JSON.stringify(line.getString(column))}${JSON.stringify(look)}`;

const showLine = (line: CoreLine) =>
  JSON.stringify(Array.from({ length: line.length }, (_, column) => `${line.getWidth(column)}${line.getString(column)}`).join('|'));

/** Which link of one terminal is which of the other. */
class LinkPairs {
  readonly #ofA = new Map<number, number>();
  readonly #ofB = new Map<number, number>();

  constructor(
    private readonly a: XtermCore,
    private readonly b: XtermCore,
  ) {}

  match(a: number, b: number): boolean {
    if (a === 0 || b === 0) return a === b;
    if (!this.#ofA.has(a) && !this.#ofB.has(b)) {
      this.#ofA.set(a, b);
      this.#ofB.set(b, a);
    }
    return this.#ofA.get(a) === b && this.#ofB.get(b) === a && this.#uri(this.a, a) === this.#uri(this.b, b);
  }

  show(a: number, b: number): string {
    return `${a} ${this.#uri(this.a, a)} | ${b} ${this.#uri(this.b, b)}`;
  }

  #uri(core: XtermCore, link: number): string {
    return core._oscLinkService.getLinkData(link)?.uri ?? '';
  }
}
