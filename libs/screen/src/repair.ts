import { isErasedCell, type Cell } from './cells.js';
import { DEFAULT_LOOK } from './look.js';
import type { Painter } from './painter.js';

/** Any wide character will do: it is overwritten. */
const WIDE = '\u4e00';

/** Columns that are as they should be, and columns that hold something to be overwritten or erased. */
export interface Repaired {
  readonly done: ReadonlySet<number>;
  readonly dirty: ReadonlySet<number>;
}

const NOTHING: Repaired = { done: new Set(), dirty: new Set() };

/**
 * Makes the cells of a blank row that cannot be printed in passing, before the rest is drawn over the traces: lost second columns of wide
 * characters, and blanks with more than a background, as left where half of a wide character was overwritten.
 */
export function repair(painter: Painter, cells: readonly Cell[]): Repaired {
  if (!cells.some((cell) => cell.kind === 'orphan' || cell.kind === 'torn' || isStyledBlank(cell))) return NOTHING;
  if (cells.some((cell) => cell.kind === 'torn')) painter.losses.add('cells');
  const done = new Set<number>();
  const dirty = new Set<number>();
  makeOrphans(painter, cells, done);
  makeStyledBlanks(painter, cells, done, dirty);
  painter.resetLook();
  return { done, dirty };
}

const isStyledBlank = (cell: Cell | undefined) => cell?.kind === 'blank' && !isErasedCell(cell);

/**
 * An insertion between the columns of a wide character blanks the first and moves the second. From right to left: each insertion moves what was
 * made before it by one.
 */
function makeOrphans(painter: Painter, cells: readonly Cell[], done: Set<number>): void {
  const makeable: number[] = [];
  for (let column = 0; column < cells.length; column++) {
    if (cells[column]?.kind !== 'orphan') continue;
    const before = cells[column - 1];
    const fits = column - makeable.length >= 2 && before !== undefined && (isErasedCell(before) || done.has(column - 1));
    if (!fits) {
      painter.losses.add('cells');
      continue;
    }
    makeable.push(column);
    done.add(column);
  }
  for (let i = makeable.length - 1; i >= 0; i--) {
    const column = (makeable[i] as number) - i;
    painter.moveTo(column - 2);
    painter.setLook((cells[makeable[i] as number] as Cell).look);
    painter.print(WIDE, 2);
    painter.resetLook();
    painter.moveTo(column - 1);
    painter.raw('\x1b[@');
  }
}

/** Overwriting one column of a wide character blanks the other in the look of what is printed. From right to left, over what is not drawn yet. */
function makeStyledBlanks(painter: Painter, cells: readonly Cell[], done: Set<number>, dirty: Set<number>): void {
  for (let column = cells.length - 1; column >= 0; column--) {
    const cell = cells[column];
    if (!cell || !isStyledBlank(cell)) continue;
    const other = column === 0 ? 1 : column - 1;
    if (done.has(other) || (column === 0 && done.has(2))) {
      painter.losses.add('cells');
      continue;
    }
    painter.moveTo(Math.min(column, other));
    painter.setLook(DEFAULT_LOOK);
    painter.print(WIDE, 2);
    painter.moveTo(other);
    painter.setLook(cell.look);
    painter.print('x', 1);
    done.add(column);
    dirty.delete(column);
    dirty.add(other);
  }
}
