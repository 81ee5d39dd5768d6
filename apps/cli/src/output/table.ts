import { fitText, textWidth } from './text-width.js';

/** One column of a table. */
export interface Column {
  title: string;
  /** May be cut down to this many columns where the terminal is narrow; absent: never cut. */
  least?: number;
  /** Left out where it does not fit otherwise, the highest number first; absent: never left out. */
  spare?: number;
  /** Colours a cell that has been laid out. */
  paint?: (cell: string, row: number) => string;
}

const GAP = '  ';

const totalOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);

/** Which columns are shown, and how wide each. */
function layOut(columns: readonly Column[], rows: readonly (readonly string[])[], room: number): { index: number; width: number }[] {
  let shown = columns.map((column, index) => ({
    index,
    width: Math.max(textWidth(column.title), ...rows.map((row) => textWidth(row[index] ?? ''))),
  }));
  const excess = (): number => totalOf(shown.map(({ width }) => width)) - room;
  const slack = (): number =>
    shown.reduce((sum, { index, width }) => sum + Math.max(0, width - (columns[index]?.least ?? Number.POSITIVE_INFINITY)), 0);
  for (const spare of columns.flatMap(({ spare }) => spare ?? []).sort((a, b) => b - a)) {
    if (excess() > slack()) shown = shown.filter(({ index }) => columns[index]?.spare !== spare);
  }
  for (const place of shown) {
    const least = columns[place.index]?.least;
    if (least !== undefined && excess() > 0) place.width = Math.max(Math.min(least, place.width), place.width - excess());
  }
  return shown;
}

/** Lines of a table with a head; `room`: columns of the terminal, Infinity where nothing has to fit. Cells are plain text. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], room: number): string {
  const shown = layOut(columns, rows, room);
  const line = (cells: readonly string[], paint: (cell: string, column: Column) => string): string =>
    shown
      .map(({ index, width }, place) => {
        const cell = fitText(cells[index] ?? '', width);
        const padding = place === shown.length - 1 ? '' : ' '.repeat(width - textWidth(cell));
        const column = columns[index];
        return (column ? paint(cell, column) : cell) + padding;
      })
      .join(GAP)
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  return [
    line(titles, (cell) => cell),
    ...rows.map((row, number) => line(row, (cell, { paint }) => (paint ? paint(cell, number) : cell))),
  ].join('\n');
}
