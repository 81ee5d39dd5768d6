import { Terminal } from '@xterm/headless';
import { expect, it } from 'vitest';
import { screenText } from './screen-text.js';
import { AFTER_GAP, NEXT_PROGRAM, note } from './terminal-sequences.js';

async function shown(...parts: string[]): Promise<Terminal> {
  const terminal = new Terminal({ cols: 40, rows: 6, allowProposedApi: true });
  for (const part of parts) await new Promise<void>((resolve) => terminal.write(part, resolve));
  return terminal;
}
const text = (terminal: Terminal): string => screenText(terminal.buffer.active);

it('goes on below what a program left, in the modes of a new terminal', async () => {
  const left = '\u001b[?1h\u001b[?2004h\u001b[?1003h\u001b[?25l\u001b[2;4r\u001b[31m\u001b(0';
  const terminal = await shown('one\r\ntwo\r\n$ ', left, '\u001b[3;3H', NEXT_PROGRAM, 'new');
  expect(text(terminal)).toBe('one\ntwo\n$\n\nnew');
  expect(terminal.modes).toMatchObject({
    applicationCursorKeysMode: false,
    bracketedPasteMode: false,
    mouseTrackingMode: 'none',
    originMode: false,
  });
  expect(terminal.buffer.active.getLine(4)?.getCell(0)?.isFgDefault()).toBe(true);
});

it('comes back from the other screen of a program, and out of a sequence under way', async () => {
  const terminal = await shown('shell\r\n', '\u001b[?1049h\u001b[H\u001b[2Jeditor', '\u001b]2;half a title', NEXT_PROGRAM, 'new');
  expect(terminal.buffer.active.type).toBe('normal');
  expect(text(terminal)).toBe('shell\n\nnew');
});

it('marks a gap with a dim line, and leaves the modes of the program that goes on', async () => {
  const terminal = await shown('\u001b[?2004habc\u001b[31', AFTER_GAP, note('5 kB are missing'), 'def');
  expect(text(terminal)).toBe('abc\n── 5 kB are missing ──\ndef');
  expect(terminal.modes.bracketedPasteMode).toBe(true);
  expect(terminal.buffer.active.getLine(1)?.getCell(0)?.isDim()).not.toBe(0);
  expect(terminal.buffer.active.getLine(2)?.getCell(0)?.isDim()).toBe(0);
});
