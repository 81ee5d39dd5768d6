/** Keys that send a sequence rather than a character. */
export type Key = 'escape' | 'tab' | 'enter' | 'backspace' | 'up' | 'down' | 'right' | 'left' | 'home' | 'end' | 'pageUp' | 'pageDown';

export interface Modifiers {
  ctrl: boolean;
  alt: boolean;
  shift?: boolean;
}

const ESC = '\u001b';

/** Keys whose sequence ends in a letter; a program may ask for `ESC O` instead of `ESC [` before it. */
const LETTERS: Partial<Record<Key, string>> = { up: 'A', down: 'B', right: 'C', left: 'D', home: 'H', end: 'F' };
const NUMBERS: Partial<Record<Key, number>> = { pageUp: 5, pageDown: 6 };
const CHARACTERS: Partial<Record<Key, string>> = { escape: ESC, tab: '\t', enter: '\r', backspace: '\u007f' };

/** Control characters that are not `character & 31`, as every terminal since the VT220 has them. */
const CONTROLS: Record<string, string> = {
  ' ': '\0',
  '2': '\0',
  '3': ESC,
  '4': '\u001c',
  '5': '\u001d',
  '6': '\u001e',
  '7': '\u001f',
  '/': '\u001f',
  '-': '\u001f',
  '8': '\u007f',
  '?': '\u007f',
  '\u007f': '\b',
};

const modifierNumber = ({ ctrl, alt, shift = false }: Modifiers): number => 1 + Number(shift) + 2 * Number(alt) + 4 * Number(ctrl);

/** What a terminal sends for a key, by the rules of xterm (ctlseqs, "PC-style function keys"). `applicationCursor`: DECCKM is set. */
export function keySequence(key: Key, modifiers: Modifiers, applicationCursor: boolean): string {
  const number = modifierNumber(modifiers);
  const letter = LETTERS[key];
  if (letter !== undefined) return number === 1 ? `${ESC}${applicationCursor ? 'O' : '['}${letter}` : `${ESC}[1;${number}${letter}`;
  const code = NUMBERS[key];
  if (code !== undefined) return number === 1 ? `${ESC}[${code}~` : `${ESC}[${code};${number}~`;
  if (key === 'tab' && modifiers.shift === true) return `${ESC}[Z`;
  return withModifiers(CHARACTERS[key] ?? '', modifiers);
}

/**
 * What is sent for typed text while Ctrl or Alt is held on the key bar: a control character, Escape before it, or a modified cursor key. Text of
 * more than one character, such as a paste or an answer of the terminal, stays as it is.
 */
export function withModifiers(text: string, modifiers: Modifiers): string {
  const cursor = new RegExp(`^${ESC}[O[]([ABCDHF])$`).exec(text)?.[1];
  if (cursor !== undefined) return modifierNumber(modifiers) === 1 ? text : `${ESC}[1;${modifierNumber(modifiers)}${cursor}`;
  if (Array.from(text).length !== 1) return text;
  const character = modifiers.ctrl ? controlOf(text) : text;
  return modifiers.alt ? ESC + character : character;
}

/** Whether {@link withModifiers} has a say in it. */
export const isModifiable = (text: string): boolean => withModifiers(text, { ctrl: true, alt: true }) !== text;

function controlOf(character: string): string {
  const known = CONTROLS[character];
  if (known !== undefined) return known;
  return /^[@-_a-z]$/.test(character) ? String.fromCharCode(character.charCodeAt(0) & 31) : character;
}
