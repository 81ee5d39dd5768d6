import { Terminal } from '@xterm/headless';
import { expect, it } from 'vitest';
import { findAll } from './find-text.js';
import { screenText, textLines } from './screen-text.js';

/** A headless terminal has the same buffer as one in a page. */
const holding = async (text: string, cols = 10): Promise<Terminal> => {
  const terminal = new Terminal({ cols, rows: 4, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  return terminal;
};
const found = (terminal: Terminal, wanted: string) => findAll(terminal as unknown as Parameters<typeof findAll>[0], wanted);

it('finds text across rows and behind wide characters', async () => {
  const terminal = await holding('one Two\r\n漢字two\r\n12345678twotwo\r\nTWO');
  expect(found(terminal, 'two')).toEqual([
    { column: 4, row: 0, length: 3 },
    { column: 4, row: 1, length: 3 },
    { column: 8, row: 2, length: 3 },
    { column: 1, row: 3, length: 3 },
    { column: 0, row: 4, length: 3 },
  ]);
  expect(found(terminal, '字')).toEqual([{ column: 2, row: 1, length: 1 }]);
  expect(found(terminal, '')).toEqual([]);
  expect(found(terminal, 'three')).toEqual([]);
});

it('T34: takes what is searched for as it is: no pattern that could take for ever', async () => {
  const terminal = await holding(`${'a'.repeat(5_000)}b (a+)+$`, 80);
  expect(found(terminal, '(a+)+$')).toHaveLength(1);
  expect(found(terminal, `${'a'.repeat(2_000)}c`)).toEqual([]);
});

it('gives the text as the program wrote it', async () => {
  const terminal = await holding('first  \r\n0123456789abc\r\n\r\nlast\r\n\r\n');
  expect(screenText(terminal.buffer.active)).toBe('first\n0123456789abc\n\nlast');
  expect(textLines(terminal.buffer.active)[1]).toEqual({ row: 1, text: '0123456789abc' });
});
