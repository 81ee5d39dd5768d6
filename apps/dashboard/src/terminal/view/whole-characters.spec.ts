import { Terminal } from '@xterm/headless';
import { expect, it } from 'vitest';
import { WholeCharacters } from './whole-characters.js';

const TEXT = 'a’s – “q” … é 漢 😀\u0080x';
const bytes = new TextEncoder().encode(TEXT);

it('cuts between characters only, wherever the pieces were cut', () => {
  for (let first = 0; first <= bytes.length; first++)
    for (let second = first; second <= bytes.length; second++) {
      const whole = new WholeCharacters();
      const pieces = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)].map((piece) => whole.take(piece));
      expect(pieces.map((piece) => new TextDecoder('utf-8', { fatal: true }).decode(piece)).join('')).toBe(TEXT);
    }
});

it('holds back no byte of what is no text', () => {
  const whole = new WholeCharacters();
  expect([...whole.take(Uint8Array.of(0x80, 0xbf, 0xbf, 0xbf))]).toEqual([0x80, 0xbf, 0xbf, 0xbf]);
  expect([...whole.take(Uint8Array.of(0x61, 0xe2))]).toEqual([0x61]);
  expect([...whole.take(Uint8Array.of(0x41))]).toEqual([0xe2, 0x41]);
  whole.take(Uint8Array.of(0xe2));
  whole.clear();
  expect([...whole.take(Uint8Array.of(0x42))]).toEqual([0x42]);
});

it('keeps what a terminal would lose', async () => {
  const shown = async (hold: (piece: Uint8Array) => Uint8Array): Promise<string> => {
    const terminal = new Terminal({ allowProposedApi: true });
    for (const piece of [Uint8Array.of(0x61, 0xe2, 0x80), Uint8Array.of(0x99, 0x73)])
      await new Promise<void>((resolve) => terminal.write(hold(piece), resolve));
    return terminal.buffer.active.getLine(0)?.translateToString(true) ?? '';
  };
  const whole = new WholeCharacters();
  expect(await shown((piece) => whole.take(piece))).toBe('a’s');
  // The control: once this shows the quote too, the class above has had its day.
  expect(await shown((piece) => piece)).toBe('as');
});
