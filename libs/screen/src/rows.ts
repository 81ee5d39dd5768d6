import { cellsOf, endsPrinted, isErasedCell, isPrinted, type Cell } from './cells.js';
import { DEFAULT_LOOK, sameLook } from './look.js';
import type { Painter } from './painter.js';
import { repair } from './repair.js';
import type { CoreBuffer } from './xterm-core.js';

/** The part of a background word that erasing uses. */
const COLOUR = 0x3ff_ffff;

/** Lines whose cells are kept while their neighbours are drawn. */
const RECENT_LINES = 4;

export interface RowRange {
  /** First line to draw, an index into the buffer's lines. */
  readonly from: number;
  /** Lines before this one stay blank. */
  readonly blankBefore: number;
  /** Line on which `saveSlot` is called before it is drawn, with the cursor in its first column, the row blank and the look default. */
  readonly slotLine?: number | undefined;
  readonly saveSlot?: () => void;
}

/**
 * Draws the lines of `buffer` from the cursor's row on, scrolling at the bottom; the cursor starts in the first column of a blank row with the
 * default look. Answers each line's piece.
 */
export function drawRows(painter: Painter, buffer: CoreBuffer, range: RowRange): string[] {
  const lines = new Lines(painter, buffer, range);
  const pieces: string[] = [];
  for (let index = range.from; index < buffer.lines.length; index++) {
    const way = lines.wayOn(index);
    if (range.slotLine === index) range.saveSlot?.();
    if (way === 'forced') wrapAhead(painter);
    drawRow(painter, lines.cells(index));
    if (way === 'forced') goDown(painter);
    else if (way === 'printing') wrapByPrinting(painter, lines.cells(index + 1));
    else if (way === 'new line') goToNewLine(painter);
    pieces.push(painter.take());
  }
  return pieces;
}

/**
 * How to get from a row to the next one. Into its continuation: `flowing` by just going on, `printing` by an extra character that the next row
 * overwrites, `forced` ahead of drawing the row, because its own last cell would not wrap.
 */
type Way = 'end' | 'new line' | 'flowing' | 'printing' | 'forced';

/** The lines of a buffer as they are to be drawn. */
class Lines {
  readonly #recent = new Map<number, Cell[]>();
  readonly #ways = new Map<number, Way>();

  constructor(
    private readonly painter: Painter,
    private readonly buffer: CoreBuffer,
    private readonly range: RowRange,
  ) {}

  cells(index: number): Cell[] {
    const known = this.#recent.get(index);
    if (known) return known;
    const line = index < this.range.blankBefore ? undefined : this.buffer.lines.get(index);
    const cells = line ? cellsOf(this.painter.core, line) : [];
    for (const [old] of this.#recent) if (this.#recent.size >= RECENT_LINES) this.#recent.delete(old);
    this.#recent.set(index, cells);
    return cells;
  }

  wayOn(index: number): Way {
    const way = this.#ways.get(index) ?? this.#findWay(index);
    this.#ways.set(index, way);
    return way;
  }

  #findWay(index: number): Way {
    if (index + 1 >= this.buffer.lines.length) return 'end';
    if (index + 1 <= this.range.blankBefore || !this.buffer.lines.get(index + 1)?.isWrapped) return 'new line';
    const cells = this.cells(index);
    const next = this.cells(index + 1);
    const ends = endsPrinted(cells);
    if ((ends || endsEarly(cells, next)) && this.#canFlowInto(index + 1, next)) return 'flowing';
    if (ends) return 'printing';
    if (this.painter.core.rows > 1) return 'forced';
    this.painter.losses.add('wrapping');
    return 'new line';
  }

  /** True when the row can be drawn with the wrap into it pending: nothing has to be done on it first. */
  #canFlowInto(index: number, cells: readonly Cell[]): boolean {
    const first = cells[0];
    if (!first || !isPrinted(first) || (first.look.bg & COLOUR) !== 0 || cells.some(needsRepair)) return false;
    return this.range.slotLine !== index && this.wayOn(index) !== 'forced';
  }
}

/** A wide character that does not fit leaves the last cell blank, in its own look. */
function endsEarly(cells: readonly Cell[], next: readonly Cell[]): boolean {
  const last = cells.at(-1);
  const before = cells.at(-2)?.kind;
  const first = next[0];
  if (first?.kind !== 'wide' || last?.kind !== 'blank' || !sameLook(last.look, first.look)) return false;
  return (before === 'narrow' || before === 'tail') && !cells.slice(0, -1).some(needsRepair);
}

const needsRepair = (cell: Cell) => cell.kind === 'orphan' || cell.kind === 'torn' || (cell.kind === 'blank' && !isErasedCell(cell));

/** Marks the row below as a continuation, and comes back to this one. */
function wrapAhead(painter: Painter): void {
  painter.moveTo(painter.cols - 1);
  painter.raw('xx\x1b[A', 1);
  painter.moveTo(painter.cols - 1);
  painter.erase(1);
  painter.raw('\r', 0);
}

/** Down to a row that {@link wrapAhead} has left a character in; a line feed would end the continuation. */
function goDown(painter: Painter): void {
  painter.resetLook();
  painter.raw('\x1b[B\r', 0);
  painter.erase(1);
}

function wrapByPrinting(painter: Painter, next: readonly Cell[]): void {
  painter.resetLook();
  painter.raw('x\r', 0);
  if (!isPrinted(next[0])) painter.erase(1);
}

function goToNewLine(painter: Painter): void {
  painter.resetLook();
  painter.raw('\r\n', 0);
}

/** Draws one row, blank but for its wrapped first character; `flowing` rows are entered with the wrap pending. */
function drawRow(painter: Painter, cells: readonly Cell[]): void {
  const flowing = painter.column >= painter.cols || (painter.column > 0 && painter.column === painter.cols - 1);
  const { done, dirty } = flowing ? { done: new Set<number>(), dirty: new Set<number>() } : repair(painter, cells);
  let start = flowing;
  for (let column = 0; column < cells.length; column++) {
    const cell = cells[column] as Cell;
    if (done.has(column) || cell.kind === 'tail') continue;
    if (isPrinted(cell)) {
      if (!start && painter.column !== column) painter.moveTo(column);
      start = false;
      painter.setLook(cell.look);
      painter.print(cell.text, cell.kind === 'wide' ? 2 : 1);
    } else if (cell.kind === 'mark') {
      painter.moveTo(column);
      painter.setLook(cell.look);
      painter.print(cell.text, 1);
    } else {
      const end = endOfErased(cells, column, done);
      eraseRun(painter, column, end, dirty, cell.look.bg & COLOUR);
      column = end - 1;
    }
  }
}

/** End of the run of cells from `column` on that one erase with the same background can make. */
function endOfErased(cells: readonly Cell[], column: number, done: ReadonlySet<number>): number {
  const bg = (cells[column] as Cell).look.bg & COLOUR;
  let end = column + 1;
  for (; end < cells.length; end++) {
    const cell = cells[end] as Cell;
    if (done.has(end) || isPrinted(cell) || cell.kind === 'mark' || cell.kind === 'tail' || (cell.look.bg & COLOUR) !== bg) break;
  }
  return end;
}

function eraseRun(painter: Painter, column: number, end: number, dirty: ReadonlySet<number>, bg: number): void {
  let touched = bg !== 0;
  for (let at = column; at < end && !touched; at++) touched = dirty.has(at);
  if (!touched) return;
  if (painter.column !== column) painter.moveTo(column);
  if ((painter.look.bg & COLOUR) !== bg) painter.setLook({ ...DEFAULT_LOOK, bg });
  painter.erase(end - column);
}
