import { cellsOf, isPrinted } from './cells.js';
import { colourOf, penOf, savedPenOf, setLink, setLook, styleOf, type Pen } from './look.js';
import type { Painter } from './painter.js';
import { setPenAndCharsets } from './pen-and-charsets.js';
import { reachableColumn, WIDTHLESS } from './slot.js';
import type { CoreBuffer, CoreExtended, XtermCore } from './xterm-core.js';

/** Margins and tab stops of a buffer that is current; the cursor goes home. */
export function setMarginsAndTabs(painter: Painter, buffer: CoreBuffer): string {
  const { cols, rows } = painter.core;
  let text = '';
  const stops: number[] = [];
  let next = 0;
  for (const column of Object.keys(buffer.tabs).map(Number)) {
    if (column < cols) stops.push(column);
    // Beyond the edge xterm sets stops anew when it grows, every 8 columns from the last one on.
    else if (column !== next || stops.length === 0) painter.losses.add('tab-stops');
    next = column + 8;
  }
  const usual = stops.length === Math.ceil(cols / 8) && stops.every((column) => column % 8 === 0);
  if (!usual) text += `\x1b[3g${stops.map((column) => `\x1b[${column + 1}G\x1bH`).join('')}`;
  if (buffer.scrollTop !== 0 || buffer.scrollBottom !== rows - 1) text += `\x1b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`;
  return `${text}\x1b[H`;
}

/**
 * Brings cursor, pen, character sets, origin mode and what a combining mark would join to where they are, in the current buffer, with everything
 * else restored.
 */
export function finish(painter: Painter): string {
  const { core } = painter;
  const pen = penOf(core, core._inputHandler._curAttrData);
  const origin = core.coreService.decPrivateModes.origin ? '\x1b[?6h' : '';
  const joined = joinedText(core, pen);
  if (joined !== undefined) {
    const room = core.coreService.modes.insertMode && joined.width > 0 ? `\x1b[${joined.width}P` : '';
    return origin + setPenAndCharsets(painter, pen, true).text + moveCursor(painter, joined.column) + room + joined.text;
  }
  if (widthOf(core) !== 0) painter.losses.add('joining');
  const place = placeCursor(painter);
  const { text, moves } = setPenAndCharsets(painter, pen, !place.prints);
  return origin + (moves ? text + place.text : place.text + text);
}

/** Width of what was printed last, if nothing has come since. */
const widthOf = (core: XtermCore) => (core._inputHandler._parser.precedingJoinState >> 1) & 3;

/**
 * What to print again so that a combining mark, or a repetition, finds the character that it belongs to; undefined when there is none, or when
 * printing it would change something.
 */
function joinedText(core: XtermCore, pen: Pen): { column: number; text: string; width: number } | undefined {
  const width = widthOf(core);
  const { active } = core.buffers;
  const { origin, wraparound } = core.coreService.decPrivateModes;
  if (width === 0 || (origin && outsideMargins(active))) return undefined;
  const line = active.lines.get(active.ybase + active.y);
  const column = active.x - width;
  if (line && column >= 0 && column < core.cols) {
    const cell = cellsOf(core, line)[column];
    const fits = isPrinted(cell) && (cell?.kind === 'wide' ? 2 : 1) === width;
    const mapped = core._charsetService.charset?.[cell?.text[0] ?? ''] !== undefined;
    if (cell && fits && !mapped && printedWith(line.getFg(column), line.getBg(column), line._extendedAttrs[column], core, pen)) {
      return { column, text: cell.text, width };
    }
  }
  // Without wraparound a wide character at the edge is not shown, and still what comes next joins it.
  if (width === 2 && !wraparound && active.x === core.cols - 1) return { column: active.x, text: '\u4e00', width: 0 };
  return undefined;
}

function printedWith(fg: number, bg: number, extended: CoreExtended | undefined, core: XtermCore, pen: Pen): boolean {
  const saved = savedPenOf({ fg, bg });
  const raw = core._inputHandler._curAttrData;
  const sameFlags = saved.fg === pen.fg && saved.bg === pen.bg && saved.underline === pen.underline && saved.extended === pen.extended;
  if (!sameFlags || !saved.extended) return sameFlags;
  return (
    extended !== undefined &&
    styleOf(extended) === pen.style &&
    colourOf(extended._ext) === pen.colour &&
    extended.urlId === raw.extended.urlId
  );
}

const outsideMargins = ({ y, scrollTop, scrollBottom }: CoreBuffer) => y < scrollTop || y > scrollBottom;

/** Cursor to `column` of the current row, which is one of the screen's. */
function moveCursor({ core }: Painter, column: number): string {
  const { active } = core.buffers;
  const top = core.coreService.decPrivateModes.origin ? active.scrollTop : 0;
  return `\x1b[${active.y - top + 1};${column + 1}H`;
}

/** Cursor to where it is, a pending wrap included; `prints` when that takes a look and a character set of its own. */
function placeCursor(painter: Painter): { text: string; prints: boolean } {
  const { core } = painter;
  const { active, normal } = core.buffers;
  const { cols } = core;
  const x = reachableColumn(active.x, cols);
  const outside = core.coreService.decPrivateModes.origin && outsideMargins(active);
  if (x < cols && !outside) return { text: moveCursor(painter, x), prints: false };
  const beyond = x > cols ? `\x1b[m${WIDTHLESS}` : '';
  // The alternate screen hands its cursor over when it is left, whatever the margins, and without touching a cell.
  if (active === normal) {
    const there = `\x1b[${active.y + 1};${Math.min(x, cols - 1) + 1}H${x >= cols ? ` ${beyond}` : ''}`;
    return { text: `\x1b[?47h${there}\x1b[?47l`, prints: x > cols };
  }
  const line = active.lines.get(active.ybase + active.y);
  const cells = line ? cellsOf(core, line) : [];
  const last = cells[cols - 1];
  const column = last?.kind === 'tail' ? cols - 2 : cols - 1;
  const cell = cells[column];
  const again = cell && (isPrinted(cell) || cell.kind === 'mark') ? cell.text : ' ';
  if (again === ' ' && cell?.text !== ' ') painter.losses.add('pending-wrap');
  const look = cell ? setLook(cell.look) + (cell.look.link ? setLink(core, cell.look.link) : '') : '';
  const unlink = cell?.look.link ? setLink(core, 0) : '';
  return { text: `${moveCursor(painter, column)}${look}${again}\x1b[m${unlink}${x > cols ? WIDTHLESS : ''}`, prints: true };
}
