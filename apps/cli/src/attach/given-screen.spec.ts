import { Terminal } from '@xterm/headless';
import { expect, it } from 'vitest';
import { givenScreen } from './given-screen.js';

const SIZE = { cols: 20, rows: 4 };

async function shown(...parts: (string | Uint8Array)[]): Promise<string[]> {
  const terminal = new Terminal({ ...SIZE, allowProposedApi: true });
  for (const part of parts) await new Promise<void>((resolve) => terminal.write(part, resolve));
  const { active } = terminal.buffer;
  return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
}

it('shows a screen below what was there, which can still be scrolled to', async () => {
  const screen = Buffer.from('\u0018\u001bc\u001b[20lone\r\ntwo\u001b[4;3Hend');
  expect(await shown('$ berth attach\r\n', givenScreen(screen, SIZE))).toEqual(['$ berth attach', '', '', '', 'one', 'two', '', '  end']);
});

it('takes what begins without a reset as it is', async () => {
  expect(await shown('$', givenScreen(Buffer.from('one'), SIZE))).toEqual(['$', '', '', '', 'one', '', '', '']);
});
