import { expect, it } from 'vitest';
import { pasteText } from './paste-text.js';

it('brackets a paste for programs that asked for it, and presses Return at line ends', () => {
  expect(pasteText('a\nb\r\nc\rd\te', false)).toBe('a\rb\rc\rd\te');
  expect(pasteText('a\nb', true)).toBe('\u001b[200~a\rb\u001b[201~');
  expect(pasteText('naïve 😀 \u00a0', false)).toBe('naïve 😀 \u00a0');
  expect(pasteText('', true)).toBe('');
});

it('T40: a paste cannot end its own brackets, nor press keys', () => {
  expect(pasteText('a\u001b[201~rm -rf x\r', true)).toBe('\u001b[200~a[201~rm -rf x\r\u001b[201~');
  expect(pasteText('a\u009b201~b\u0003\u0000\u007f', true)).toBe('\u001b[200~a201~b\u001b[201~');
});
