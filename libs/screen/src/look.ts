import type { CoreAttributes, CoreExtended, CoreLine, XtermCore } from './xterm-core.js';

/** Bits of xterm's foreground and background words; the lower 26 of each are colour mode and colour. */
const FG_UNDERLINE = 0x1000_0000;
const BG_EXTENDED = 0x1000_0000;
const BG_PROTECTED = 0x2000_0000;
const FLAGS = 0xfc00_0000;
const MODE = 0x0300_0000;
const MODE_16 = 0x0100_0000;
const MODE_256 = 0x0200_0000;

/** How a cell looks: colours and flags without what cannot be seen, underline style and colour, and the link's number (0: none). */
export interface Look {
  readonly fg: number;
  readonly bg: number;
  readonly style: number;
  readonly colour: number;
  readonly link: number;
}

export const DEFAULT_LOOK: Look = { fg: 0, bg: 0, style: 0, colour: 0, link: 0 };

export function sameLook(a: Look, b: Look): boolean {
  return a.fg === b.fg && a.bg === b.bg && a.style === b.style && a.colour === b.colour && a.link === b.link;
}

/** True for what erasing leaves: a background at most. */
export function isErased(look: Look): boolean {
  return look.fg === 0 && (look.bg & FLAGS) === 0 && look.style === 0 && look.link === 0;
}

/** A colour word without the bits that an earlier, larger colour left behind. */
export function colourOf(word: number): number {
  switch (word & MODE) {
    case 0:
      return 0;
    case MODE:
      return word & (MODE | 0xff_ffff);
    default:
      return word & (MODE | 0xff);
  }
}

const cleaned = (word: number) => ((word & FLAGS) | colourOf(word)) >>> 0;

export const styleOf = (extended: CoreExtended) => (extended._ext >> 26) & 7;

/** How the cell at `column` looks. A link whose address xterm has forgotten is none. */
export function lookOf(core: XtermCore, line: CoreLine, column: number): Look {
  const fg = line.getFg(column);
  const bg = line.getBg(column);
  if (fg === 0 && bg === 0) return DEFAULT_LOOK;
  const extended = bg & BG_EXTENDED ? line._extendedAttrs[column] : undefined;
  const style = extended ? styleOf(extended) : fg & FG_UNDERLINE ? 1 : 0;
  const link = extended?.urlId ?? 0;
  return {
    fg: cleaned(fg & ~FG_UNDERLINE),
    bg: cleaned(bg & ~BG_EXTENDED),
    style,
    colour: style && extended ? colourOf(extended._ext) : 0,
    link: link && core._oscLinkService.getLinkData(link) ? link : 0,
  };
}

/** The program's pen, exactly (a link whose address xterm has forgotten aside): `underline` and `extended` can disagree with `style` and `link` after DECRC, which restores the first two alone. */
export interface Pen extends Look {
  readonly underline: boolean;
  readonly extended: boolean;
}

export function penOf(core: XtermCore, { fg, bg, extended }: CoreAttributes): Pen {
  const forgotten = extended.urlId !== 0 && core._oscLinkService.getLinkData(extended.urlId) === undefined;
  const style = styleOf(extended);
  const saved = savedPenOf({ fg, bg });
  return {
    ...saved,
    style,
    colour: colourOf(extended._ext),
    link: forgotten ? 0 : extended.urlId,
    extended: forgotten ? style !== 0 : saved.extended,
  };
}

/** What DECSC keeps of a pen: colours and flags, no underline style, underline colour or link. */
export function savedPenOf({ fg, bg }: { fg: number; bg: number }): Pen {
  return {
    fg: cleaned(fg & ~FG_UNDERLINE),
    bg: cleaned(bg & ~BG_EXTENDED),
    style: 0,
    colour: 0,
    link: 0,
    underline: (fg & FG_UNDERLINE) !== 0,
    extended: (bg & BG_EXTENDED) !== 0,
  };
}

/** True when SGR and OSC 8 alone make such a pen. */
export function isPlain(pen: Pen): boolean {
  return pen.underline === (pen.style !== 0) && pen.extended === (pen.style !== 0 || pen.link !== 0);
}

const FG_SGR = [
  [0x0800_0000, 1],
  [0x2000_0000, 5],
  [0x0400_0000, 7],
  [0x4000_0000, 8],
  [0x8000_0000, 9],
] as const;
const BG_SGR = [
  [0x0800_0000, 2],
  [0x0400_0000, 3],
  [0x4000_0000, 53],
] as const;

/** Colours and flags as SGR parameters, after a reset; each starts with `;`. */
function flagsSgr(look: Look): string {
  let sgr = '';
  for (const [bit, code] of FG_SGR) if (look.fg & bit) sgr += `;${code}`;
  for (const [bit, code] of BG_SGR) if (look.bg & bit) sgr += `;${code}`;
  return sgr + colourSgr(look.fg, 30) + colourSgr(look.bg, 40);
}

function underlineSgr(look: Look): string {
  return (look.style ? `;4:${look.style}` : '') + colourSgr(look.colour, 50);
}

/** `base` is 30 for the text, 40 for what is behind it, 50 for the underline, which has no short forms. */
function colourSgr(word: number, base: 30 | 40 | 50): string {
  const value = word & 0xff;
  switch (word & MODE) {
    case 0:
      return '';
    case MODE_16:
      if (base === 50) return `;58;5;${value}`;
      return `;${value < 8 ? base + value : base + 52 + value}`;
    case MODE_256:
      return `;${base + 8};5;${value}`;
    default:
      return `;${base + 8};2;${(word >> 16) & 0xff};${(word >> 8) & 0xff};${value}`;
  }
}

const protection = (look: Look) => (look.bg & BG_PROTECTED ? '\x1b[1"q' : '');

/** Sets colours, flags and underline, whatever they were. */
export function setLook(look: Look): string {
  return `\x1b[${`0${flagsSgr(look)}${underlineSgr(look)}`.replace(/^0$/, '')}m${protection(look)}`;
}

/** Sets colours and flags one by one, so that underline and link stay as they are. */
export function setFlags(look: Look): string {
  return `\x1b[22;23;25;27;28;29;39;49;55${flagsSgr(look)}m\x1b[0"q${protection(look)}`;
}

/** Opens the link with this number, or closes the open one. Links without an id get one, so that their pieces stay one link. */
export function setLink(core: XtermCore, link: number): string {
  const data = link ? core._oscLinkService.getLinkData(link) : undefined;
  return data ? `\x1b]8;id=${data.id ?? `berth-${link}`};${data.uri}\x1b\\` : '\x1b]8;;\x1b\\';
}
