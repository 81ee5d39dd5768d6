import { Terminal } from '@xterm/headless';
import { expect, it } from 'vitest';
import { hardenTerminal, plainTitle, webAddress } from './harden-terminal.js';

it('T33: opens web pages, and nothing else that looks like a link', () => {
  expect(webAddress('https://example.com/a?b#c')).toBe('https://example.com/a?b#c');
  expect(webAddress('HTTP://EXAMPLE.com')).toBe('http://example.com/');
  // What looks like one host and is another shows itself.
  expect(webAddress('https://ехample.com/')).toBe('https://xn--ample-ywe6i.com/');
  for (const text of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ssh://host',
    'example.com',
    '',
  ])
    expect(webAddress(text)).toBeUndefined();
});

it('T40: takes nothing but short text for a title', () => {
  expect(plainTitle('a\u0007b\u202ec\u200bd\u0085')).toBe('abcd');
  expect(plainTitle('x'.repeat(1_000_000))).toHaveLength(120);
  expect(plainTitle('<b>title</b>')).toBe('<b>title</b>');
});

it('T40: counts that no screen has cost nothing, and others mean what they say', async () => {
  const terminal = new Terminal({ cols: 20, rows: 5, allowProposedApi: true });
  hardenTerminal(terminal as unknown as Parameters<typeof hardenTerminal>[0], () => false);
  const write = (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve));
  await write(`ab${Array.from('STLMIZb', (final) => `\u001b[2147483647${final}`).join('')}`);
  expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('ab');
  await write('c\u001b[3b');
  expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('abcccc');
});

it('T40: erasing up to the last cell erases the screen, and the terminal lives on', async () => {
  for (const erase of ['\u001b[1J', '\u001b[?1J']) {
    const terminal = new Terminal({ cols: 20, rows: 5, allowProposedApi: true });
    hardenTerminal(terminal as unknown as Parameters<typeof hardenTerminal>[0], () => false);
    const write = (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve));
    await write(`above\u001b[999;999H${erase}`);
    expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('');
    // Elsewhere it leaves what is behind the cursor.
    await write('\u001b[Habcd\u001b[1;2H\u001b[1J');
    expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('  cd');
  }
});
