import { DEFAULT_LOOK, savedPenOf, setLook } from './look.js';
import { charsetFlag, type CoreBuffer } from './xterm-core.js';

/** A character without width: printed where nothing can be joined it takes the cursor one beyond the pending wrap. */
export const WIDTHLESS = '\u200b';

/** True for what DECSC has never saved in a buffer that was reset. */
export function isFreshSlot({ savedX, savedY, savedCurAttrData, savedCharset }: CoreBuffer): boolean {
  return savedX === 0 && savedY === 0 && savedCurAttrData.fg === 0 && savedCurAttrData.bg === 0 && savedCharset === undefined;
}

/** One column beyond the pending wrap is as far as a cursor gets. */
export const reachableColumn = (x: number, cols: number) => Math.min(x, cols + 1);

/**
 * Saves the buffer's DECSC state from a blank row with the default look and character set, with the row of the saved cursor current; leaves the
 * row blank and the cursor in its first column.
 */
export function saveSlot(buffer: CoreBuffer, cols: number): string {
  const x = reachableColumn(buffer.savedX, cols);
  const beyond = x >= cols;
  const { set, unset } = savedPen(buffer);
  const at = `\x1b[${Math.min(x, cols - 1) + 1}G`;
  const save = `\x1b(${charsetFlag(buffer.savedCharset)}${x > cols ? WIDTHLESS : ''}\x1b7\x1b(B`;
  return `${set}${at}${beyond ? ' ' : ''}${save}${unset}${beyond ? `${at}\x1b[X` : ''}\r`;
}

/** Makes a pen of these colours and flags current, the underline's flags as they were saved, and how to be rid of it. */
function savedPen(buffer: CoreBuffer): { set: string; unset: string } {
  const pen = savedPenOf(buffer.savedCurAttrData);
  const style = pen.underline ? 1 : 0;
  const plain = setLook({ ...pen, style });
  const unset = '\x1b[m';
  if (pen.underline === pen.extended) return { set: plain === setLook(DEFAULT_LOOK) ? '' : plain, unset };
  // Underlined without the flag that says in which style: DECRC brings both, and closing a link drops the second.
  if (pen.underline) return { set: `${plain}\x1b7\x1b[24m\x1b8\x1b]8;;\x1b\\`, unset };
  // The flag without an underline: a link was open.
  return { set: `${plain}\x1b]8;;x:\x1b\\`, unset: `${unset}\x1b]8;;\x1b\\` };
}
