import type { IBuffer } from '@xterm/xterm';

/** One line as the program wrote it, however many rows it takes: first row and text. */
export interface TextLine {
  row: number;
  text: string;
}

/** The text of a terminal's rows `[from, to)`, wrapped rows joined; blanks at line ends are nobody's text. */
export function textLines(buffer: IBuffer, from = 0, to = buffer.length): TextLine[] {
  const lines: TextLine[] = [];
  for (let row = from; row < to; row++) {
    const line = buffer.getLine(row);
    const last = lines.at(-1);
    if (line?.isWrapped && last) last.text += line.translateToString(false);
    else lines.push({ row, text: line?.translateToString(false) ?? '' });
  }
  return lines.map(({ row, text }) => ({ row, text: text.trimEnd() }));
}

/** Everything that a terminal holds, scrolled out of sight or not, without the blank rows below. */
export const screenText = (buffer: IBuffer): string =>
  textLines(buffer)
    .map(({ text }) => text)
    .join('\n')
    .trimEnd();
