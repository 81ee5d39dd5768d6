import { finish, setMarginsAndTabs } from './finish.js';
import type { ScreenLoss } from './losses.js';
import { modesOf } from './modes.js';
import { Painter } from './painter.js';
import type { TerminalPalette } from './palette.js';
import { drawRows } from './rows.js';
import { isFreshSlot, saveSlot } from './slot.js';
import type { CoreBuffer, XtermCore } from './xterm-core.js';

export interface Serialized {
  /** Terminal output that makes any xterm of the same size and options show and continue the same. */
  readonly text: string;
  readonly losses: readonly ScreenLoss[];
}

export interface SerializeOptions {
  readonly core: XtermCore;
  readonly palette: TerminalPalette;
  /** What DECSET or DECRST 12 was last; undefined: never used, and the viewer's own setting holds. */
  readonly cursorBlink: boolean | undefined;
  /** Most bytes of UTF-8 that the answer may take. */
  readonly maxBytes: number;
}

/** CAN ends whatever the viewer's parser is in, RIS resets it; linefeed mode, title and colours survive a RIS. */
const PROLOGUE = '\x18\x1bc\x1b[20l';

/** The whole state of a terminal in ground state as output. Beyond `maxBytes` the oldest lines are left out. */
export function serialize(options: SerializeOptions): Serialized {
  const everything = draw(options, { normal: 0, screen: 0 });
  if (everything.size <= options.maxBytes) return everything;
  const { core } = options;
  const { normal, active } = core.buffers;
  const fixed = everything.size - sizeOf(everything.normal) - sizeOf(everything.alternate);
  const fitting = { left: options.maxBytes - fixed };
  const screen = active === normal ? 0 : firstFitting(everything.alternate, fitting);
  const from = firstFitting(everything.normal, fitting);
  const fitted = draw(options, { normal: from, screen });
  return fitted.size <= options.maxBytes ? fitted : draw(options, { normal: normal.lines.length, screen: core.rows });
}

interface Drawn extends Serialized {
  readonly size: number;
  readonly normal: readonly string[];
  readonly alternate: readonly string[];
}

/** Draws without the lines before these; those on the screen stay blank, those above it are left out. */
function draw(options: SerializeOptions, first: { normal: number; screen: number }): Drawn {
  const { core } = options;
  const { normal, alt, active } = core.buffers;
  const painter = new Painter(core);
  if (first.normal > 0 || first.screen > 0) painter.losses.add('scrollback');

  const from = Math.min(first.normal, normal.ybase);
  const head = PROLOGUE + beforeLines(painter, normal, from);
  const slotLine = isFreshSlot(normal) || normal.savedY >= normal.lines.length ? undefined : Math.max(normal.savedY, from);
  const normalPieces = drawRows(painter, normal, {
    from,
    blankBefore: first.normal,
    slotLine,
    saveSlot: () => painter.raw(saveSlot(normal, core.cols), 0),
  });
  painter.resetLook();
  painter.raw(setMarginsAndTabs(painter, normal), 0);

  const slot = isFreshSlot(alt) ? '' : alternateSlot(painter, alt);
  let alternatePieces: readonly string[] = [];
  let middle: string;
  if (active === alt) {
    // Behind the alternate screen the row still decides what a resize does.
    painter.raw(`\x1b[?6l\x1b[${normal.y + 1}H\x1b[?47h${slot}${wrappedStart(alt, core.rows, alt.ybase)}\x1b[H`, 0);
    middle = painter.take();
    if (hidesCells(core, alt)) painter.losses.add('hidden');
    alternatePieces = drawRows(painter, alt, { from: alt.ybase, blankBefore: alt.ybase + first.screen });
    painter.resetLook();
    painter.raw(setMarginsAndTabs(painter, alt), 0);
  } else {
    if (slot) painter.raw(`\x1b[?47h${slot}\x1b[?47l`, 0);
    middle = painter.take();
  }
  const tail = painter.take() + titleOf(core) + options.palette.sequences() + modesOf(core, options.cursorBlink) + finish(painter);
  const text = [head, ...normalPieces, middle, ...alternatePieces, tail].join('');
  return { text, size: sizeOf([text]), normal: normalPieces, alternate: alternatePieces, losses: [...painter.losses] };
}

/** A saved cursor below the last line, and a first line that goes on from one that is gone. */
function beforeLines(painter: Painter, normal: CoreBuffer, from: number): string {
  const { cols, rows } = painter.core;
  const limit = rows + painter.core.optionsService.rawOptions.scrollback;
  let text = '';
  if (!isFreshSlot(normal) && normal.savedY >= normal.lines.length) {
    if (normal.savedY >= limit) painter.losses.add('saved-cursor');
    text += `${'\n'.repeat(Math.min(normal.savedY, limit - 1))}${saveSlot(normal, cols)}\x1b[3J\x1b[H`;
  }
  if (normal.lines.get(from)?.isWrapped) text += `${wrappedStart(normal, rows, from)}\x1b[3J\x1b[H`;
  return text;
}

/** Makes the first line a continuation: wraps on the last row and scrolls that up. */
function wrappedStart(buffer: CoreBuffer, rows: number, line: number): string {
  if (!buffer.lines.get(line)?.isWrapped) return '';
  return `\x1b[${rows};999Hxx${'\n'.repeat(rows - 1)}\x1b[H\x1b[X`;
}

/** DECSC state of the alternate screen, saved while it is blank. */
function alternateSlot(painter: Painter, alt: CoreBuffer): string {
  const { cols, rows } = painter.core;
  const row = alt.savedY - alt.ybase;
  if (row >= rows || alt.savedX > cols + 1) painter.losses.add('saved-cursor');
  return `\x1b[${Math.max(0, Math.min(row, rows - 1)) + 1}H${saveSlot(alt, cols)}`;
}

/** The alternate screen keeps its longer lines when it gets narrower, and room for more of them when it gets lower while it is not shown. */
function hidesCells({ cols, rows }: XtermCore, alt: CoreBuffer): boolean {
  if (alt.lines.maxLength > rows) return true;
  for (let row = 0; row < rows; row++) if ((alt.lines.get(row)?.length ?? 0) > cols) return true;
  return false;
}

/** Control characters cannot be in a title: they end it. */
function titleOf({ _inputHandler: { _windowTitle: title, _iconName: icon } }: XtermCore): string {
  return `\x1b]1;${icon}\x1b\\\x1b]2;${title}\x1b\\`;
}

function sizeOf(pieces: readonly string[]): number {
  let size = 0;
  for (const piece of pieces) size += Buffer.byteLength(piece);
  return size;
}

/** Index of the first piece from which on all fit into what is left. */
function firstFitting(pieces: readonly string[], budget: { left: number }): number {
  let first = pieces.length;
  while (first > 0) {
    const size = Buffer.byteLength(pieces[first - 1] as string) + LINE_SLACK;
    if (size > budget.left) break;
    budget.left -= size;
    first--;
  }
  return first;
}

/** A line may take more when its neighbour is left out: another way to wrap, another look to start from. */
const LINE_SLACK = 64;
