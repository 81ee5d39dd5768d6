import { CliError, EXIT } from '../failure.js';
import type { Sequence } from './escape-scanner.js';

/** One key, as the letters on it, in lower case, and whether control is held. */
export interface Key {
  char: string;
  ctrl: boolean;
}

/** Keys to press one after the other; none: detaching by key is off. */
export type DetachKeys = readonly Key[];

/**
 * Not a prefix of anything in Claude Code, tmux, ssh or readline; vim keeps `Ctrl-\ a`-`z` free for others; a shell's Ctrl-\ still works, pressed twice or
 * followed by a pause.
 */
export const DEFAULT_DETACH_KEY = 'ctrl-\\ d';

const SHOWN: Record<string, string> = { ' ': 'space' };

/** Reads `ctrl-\ d`, `ctrl-p,ctrl-q`, `^] ^]`, `none`. */
export function parseDetachKeys(text: string): DetachKeys {
  if (text.trim().toLowerCase() === 'none') return [];
  const keys = text
    .trim()
    .split(/[\s,]+/)
    .map((word) => parseKey(word));
  const [first] = keys;
  if (!first?.ctrl || keys.length > 4 || keys.includes(undefined)) {
    throw new CliError(
      EXIT.usage,
      'these are no keys to detach with',
      'One to four keys, the first with control: "ctrl-\\ d", "ctrl-p ctrl-q"; or "none"',
    );
  }
  return keys.filter((key) => key !== undefined);
}

function parseKey(word: string): Key | undefined {
  const [, char] = /^(?:ctrl-|c-|\^)([@-_a-z])$/i.exec(word) ?? [];
  if (char !== undefined) return { char: char.toLowerCase(), ctrl: true };
  return /^[!-~]$/.test(word) ? { char: word.toLowerCase(), ctrl: false } : undefined;
}

/** As people read it: `Ctrl-\ d`. */
export const showDetachKeys = (keys: DetachKeys): string =>
  keys.map(({ char, ctrl }) => (ctrl ? `Ctrl-${SHOWN[char] ?? char}` : char)).join(' ');

export const sameKey = (left: Key, right: Key): boolean => left.char === right.char && left.ctrl === right.ctrl;

/** The key behind one byte. */
export function keyOfByte(byte: number): Key | undefined {
  if (byte < 0x20) return { char: String.fromCharCode(byte + 0x40).toLowerCase(), ctrl: true };
  return byte < 0x7f ? { char: String.fromCharCode(byte).toLowerCase(), ctrl: false } : undefined;
}

const CTRL = 4;
/** Shift, and the locks: they do not make another key. */
const IGNORED_MODIFIERS = 1 | 64 | 128;
const RELEASED = '3';

/**
 * The key behind a sequence of the newer keyboard protocols, which programs such as Claude Code switch on: `CSI 92;5u` (kitty), `CSI 27;5;92~`
 * (modifyOtherKeys). `released`: it has gone up again.
 */
export function keyOfSequence(sequence: Sequence): Key | 'released' | undefined {
  if (sequence.kind !== 'csi' || sequence.intermediates !== '') return undefined;
  const fields = sequence.params.split(';');
  const [codes, modifiers] = sequence.final === 'u' ? fields : sequence.final === '~' && fields[0] === '27' ? [fields[2], fields[1]] : [];
  if (codes === undefined) return undefined;
  const [bits = '1', event] = (modifiers ?? '1').split(':');
  if (event === RELEASED) return 'released';
  const held = (Number(bits || 1) - 1) & ~IGNORED_MODIFIERS;
  const code = Number(codes.split(':')[0]);
  if ((held & ~CTRL) !== 0 || !(code > 0x1f && code < 0x7f)) return undefined;
  return { char: String.fromCharCode(code).toLowerCase(), ctrl: (held & CTRL) !== 0 };
}
