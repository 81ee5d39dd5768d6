import { isErased, lookOf, type Look } from './look.js';
import type { CoreLine, XtermCore } from './xterm-core.js';

/**
 * What a cell is to whoever has to print it: `blank` was never printed, or erased; `narrow` is one column of text, combining marks included; `wide`
 * the first column of a wide character and `tail` its second; `mark` a combining mark in a cell of its own, printed where there was nothing to join;
 * `orphan` a second column that lost its first, as when something is inserted between the two; `torn` a first one that lost its second, which only a
 * resize does.
 */
type Kind = 'blank' | 'narrow' | 'wide' | 'tail' | 'mark' | 'orphan' | 'torn';

export interface Cell {
  readonly kind: Kind;
  readonly text: string;
  readonly look: Look;
}

/** The cells of `line` as a printer sees them. The alternate screen's lines can be longer than what is shown of them. */
export function cellsOf(core: XtermCore, line: CoreLine): Cell[] {
  const cells: Cell[] = [];
  const { cols } = core;
  for (let column = 0; column < cols; column++) {
    const text = line.getString(column);
    cells.push({ kind: kindOf(line, { column, cols }, text, cells[column - 1]), text, look: lookOf(core, line, column) });
  }
  return cells;
}

function kindOf(line: CoreLine, { column, cols }: { column: number; cols: number }, text: string, before: Cell | undefined): Kind {
  switch (line.getWidth(column)) {
    case 0:
      if (text !== '') return 'mark';
      return before?.kind === 'wide' ? 'tail' : 'orphan';
    case 2: {
      const followed = column + 1 < cols && line.getWidth(column + 1) === 0 && line.getString(column + 1) === '';
      return followed && text !== '' ? 'wide' : 'torn';
    }
    default:
      return text === '' ? 'blank' : 'narrow';
  }
}

/** True for what an erase would leave here: it needs no printing. */
export const isErasedCell = (cell: Cell) => cell.kind === 'blank' && isErased(cell.look);

/** True when printing this cell prints a character in its own column. */
export const isPrinted = (cell: Cell | undefined) => cell?.kind === 'narrow' || cell?.kind === 'wide';

/** True when printing the row ends beyond its last column, with the wrap pending. */
export function endsPrinted(cells: readonly Cell[]): boolean {
  const last = cells.at(-1)?.kind;
  return last === 'narrow' || last === 'tail' || last === 'mark';
}
