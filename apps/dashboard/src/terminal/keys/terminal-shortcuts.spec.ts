import { expect, it } from 'vitest';
import { shortcutOf } from './terminal-shortcuts.js';

const none = { code: '', ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };
const ctrlShift = { ...none, ctrlKey: true, shiftKey: true };

it('takes only what it says, and leaves the rest to the program', () => {
  expect(shortcutOf({ ...ctrlShift, key: ' ', code: 'Space' }, false)).toBe('leave');
  expect(shortcutOf({ ...ctrlShift, key: 'C' }, false)).toBe('copy');
  expect(shortcutOf({ ...none, ctrlKey: true, key: 'Insert', code: 'Insert' }, false)).toBe('copy');
  expect(shortcutOf({ ...ctrlShift, key: 'F' }, false)).toBe('find');
  expect(shortcutOf({ ...none, metaKey: true, key: 'f' }, false)).toBe('find');
  for (const key of ['c', 'd', 'v', 'z', 'r', 'f', ' ']) expect(shortcutOf({ ...none, ctrlKey: true, key }, true)).toBeUndefined();
  expect(shortcutOf({ ...none, key: 'Tab' }, true)).toBeUndefined();
  expect(shortcutOf({ ...ctrlShift, altKey: true, key: 'c' }, true)).toBeUndefined();
});

it('begins a new line in Claude Code alone', () => {
  expect(shortcutOf({ ...none, shiftKey: true, key: 'Enter' }, true)).toBe('newline');
  expect(shortcutOf({ ...none, shiftKey: true, key: 'Enter' }, false)).toBeUndefined();
  expect(shortcutOf({ ...none, key: 'Enter' }, true)).toBeUndefined();
});
