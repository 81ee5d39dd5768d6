import type { Terminal } from '@xterm/xterm';

/** Cells of one find, ready for `Terminal.select`. */
export interface Found {
  column: number;
  row: number;
  length: number;
}

/** A logical line as text, and for each UTF-16 unit of it the cell that it stands in, counted from the line's first cell. */
interface CellText {
  row: number;
  text: string;
  cells: number[];
}

function cellTexts({ buffer: { active }, cols }: Terminal): CellText[] {
  const lines: CellText[] = [];
  for (let row = 0; row < active.length; row++) {
    const line = active.getLine(row);
    if (!line) continue;
    const last = lines.at(-1);
    const text = line.isWrapped && last ? last : { row, text: '', cells: [] };
    if (text !== last) lines.push(text);
    for (let column = 0; column < line.length; column++) {
      const cell = line.getCell(column);
      // The second half of a wide character has no text of its own.
      if (!cell || cell.getWidth() === 0) continue;
      const characters = cell.getChars() || ' ';
      text.text += characters;
      for (let unit = 0; unit < characters.length; unit++) text.cells.push((row - text.row) * cols + column);
    }
  }
  return lines;
}

/** Where a text stands in a terminal, oldest first, without regard to case; a text may go on in the next row. Plain search: no pattern of a stranger can hang it. */
export function findAll(terminal: Terminal, wanted: string): Found[] {
  const needle = wanted.toLowerCase();
  if (needle === '') return [];
  const found: Found[] = [];
  for (const { row, text, cells } of cellTexts(terminal)) {
    const lower = text.toLowerCase();
    // A few letters change their length with their case; such a line is searched as it is.
    const hay = lower.length === text.length ? lower : text;
    for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) {
      const first = cells[at] ?? 0;
      const last = cells[at + needle.length - 1] ?? first;
      found.push({ column: first % terminal.cols, row: row + Math.floor(first / terminal.cols), length: last - first + 1 });
    }
  }
  return found;
}
