import { describe, expect, it } from 'vitest';
import { isModifiable, keySequence, withModifiers } from './key-sequences.js';

const none = { ctrl: false, alt: false };
const ctrl = { ctrl: true, alt: false };
const alt = { ctrl: false, alt: true };

describe('keySequence', () => {
  it('sends cursor keys as the program asked for them', () => {
    expect((['up', 'down', 'right', 'left', 'home', 'end'] as const).map((key) => keySequence(key, none, false))).toEqual(
      Array.from('ABCDHF', (letter) => `\u001b[${letter}`),
    );
    expect((['up', 'down', 'right', 'left', 'home', 'end'] as const).map((key) => keySequence(key, none, true))).toEqual(
      Array.from('ABCDHF', (letter) => `\u001bO${letter}`),
    );
  });

  it('numbers modifiers, in application mode too', () => {
    expect(keySequence('up', ctrl, true)).toBe('\u001b[1;5A');
    expect(keySequence('left', alt, false)).toBe('\u001b[1;3D');
    expect(keySequence('right', { ...none, shift: true }, false)).toBe('\u001b[1;2C');
    expect(keySequence('end', { ctrl: true, alt: true, shift: true }, false)).toBe('\u001b[1;8F');
    expect(keySequence('pageUp', none, true)).toBe('\u001b[5~');
    expect(keySequence('pageDown', ctrl, false)).toBe('\u001b[6;5~');
  });

  it('sends characters for the rest', () => {
    expect(keySequence('enter', none, false)).toBe('\r');
    expect(keySequence('tab', none, false)).toBe('\t');
    expect(keySequence('tab', { ...none, shift: true }, false)).toBe('\u001b[Z');
    expect(keySequence('escape', none, true)).toBe('\u001b');
    expect(keySequence('escape', alt, true)).toBe('\u001b\u001b');
    expect(keySequence('enter', alt, false)).toBe('\u001b\r');
    expect(keySequence('backspace', ctrl, false)).toBe('\b');
  });
});

describe('withModifiers', () => {
  it('makes control characters', () => {
    expect(withModifiers('c', ctrl)).toBe('\u0003');
    expect(withModifiers('C', ctrl)).toBe('\u0003');
    expect(Array.from('@[\\]^_ ?/', (character) => withModifiers(character, ctrl))).toEqual(
      Array.from('\0\u001b\u001c\u001d\u001e\u001f\0\u007f\u001f'),
    );
    expect(withModifiers('é', ctrl)).toBe('é');
    expect(withModifiers('1', ctrl)).toBe('1');
  });

  it('puts Escape before what is typed with Alt', () => {
    expect(withModifiers('b', alt)).toBe('\u001bb');
    expect(withModifiers('😀', alt)).toBe('\u001b😀');
    expect(withModifiers('x', { ctrl: true, alt: true })).toBe('\u001b\u0018');
  });

  it('modifies cursor keys of a keyboard, and leaves pastes and answers alone', () => {
    expect(withModifiers('\u001bOA', ctrl)).toBe('\u001b[1;5A');
    expect(withModifiers('\u001b[A', none)).toBe('\u001b[A');
    for (const text of ['two', '\u001b[200~c\u001b[201~', '\u001b[24;80R', '\u001b[?1;2c', '']) {
      expect(withModifiers(text, { ctrl: true, alt: true })).toBe(text);
      expect(isModifiable(text)).toBe(false);
    }
    expect(isModifiable('c')).toBe(true);
  });
});
