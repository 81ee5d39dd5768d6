import { describe, expect, it } from 'vitest';
import { DEFAULT_DETACH_KEY, parseDetachKeys, showDetachKeys } from './detach-keys.js';
import { KeyFilter } from './key-filter.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Feeds chunks; what was passed on, what is held back, and whether it detached. */
function feed(filter: KeyFilter, ...chunks: string[]): { passed: string; detached: boolean } {
  let passed = '';
  for (const chunk of chunks) {
    const { forward, detach } = filter.feed(bytes(chunk));
    passed += Buffer.from(forward).toString('latin1');
    if (detach) return { passed, detached: true };
  }
  return { passed, detached: false };
}

const usual = (): KeyFilter => new KeyFilter(parseDetachKeys(DEFAULT_DETACH_KEY));

describe('keys that detach', () => {
  it('are read and shown', () => {
    expect(showDetachKeys(parseDetachKeys('ctrl-\\ d'))).toBe('Ctrl-\\ d');
    expect(showDetachKeys(parseDetachKeys('^p,^q'))).toBe('Ctrl-p Ctrl-q');
    expect(showDetachKeys(parseDetachKeys('C-a C-d'))).toBe('Ctrl-a Ctrl-d');
    expect(parseDetachKeys('none')).toEqual([]);
  });

  it.each(['', 'd', 'd ctrl-a', 'ctrl-', 'ctrl-é', 'ctrl-a b c d e', 'meta-x', 'ctrl-a  foo'])('%j is refused', (text) => {
    expect(() => parseDetachKeys(text)).toThrow(/no keys/);
  });

  it.each([
    ['plain', '\u001cd'],
    ['kitty', '\u001b[92;5ud'],
    ['kitty with events', '\u001b[92;5:1u\u001b[92;5:3u\u001b[100;1:1u'],
    ['kitty with caps lock', '\u001b[92;69ud'],
    ['kitty, all keys reported', '\u001b[92;5u\u001b[100u'],
    ['modifyOtherKeys', '\u001b[27;5;92~\u001b[27;1;100~'],
    ['upper case', '\u001cD'],
  ])('detach in every encoding: %s', (_, keys) => {
    expect(feed(usual(), `abc${keys}xyz`)).toEqual({ passed: 'abc', detached: true });
    expect(feed(usual(), ...keys.split(''))).toEqual({ passed: '', detached: true });
  });

  it.each([
    ['vim: to normal mode', '\u001c\u000e'],
    ['another key', '\u001cx'],
    ['an arrow', '\u001c\u001b[A'],
    ['kitty, another key', '\u001b[92;5u\u001b[101u'],
    ['alt', '\u001b\u001cd'],
    ['ctrl-d', '\u001c\u0004'],
  ])('let everything else through: %s', (_, keys) => {
    expect(feed(usual(), keys)).toEqual({ passed: keys, detached: false });
  });

  it('the first key pressed twice is typed once', () => {
    expect(feed(usual(), 'a\u001c\u001cb')).toEqual({ passed: 'a\u001cb', detached: false });
    expect(feed(usual(), '\u001c\u001cd')).toEqual({ passed: '\u001cd', detached: false });
  });

  it('the first key alone is held back, and passed on when nothing follows', () => {
    const filter = usual();
    expect(feed(filter, 'a\u001c')).toEqual({ passed: 'a', detached: false });
    expect(filter.holds).toBe('keys');
    expect(Buffer.from(filter.flush())).toEqual(bytes('\u001c'));
    expect(filter.holds).toBeUndefined();
    expect(feed(filter, 'd')).toEqual({ passed: 'd', detached: false });
  });

  it('are text in what is pasted', () => {
    const paste = '\u001b[200~\u001cd\u001b[201~';
    expect(feed(usual(), paste)).toEqual({ passed: paste, detached: false });
    expect(feed(usual(), '\u001b[200~x', '\u001cd', '\u001b[201~', '\u001cd')).toEqual({
      passed: '\u001b[200~x\u001cd\u001b[201~',
      detached: true,
    });
  });

  it('may be others, or none', () => {
    expect(feed(new KeyFilter(parseDetachKeys('ctrl-] ctrl-]')), 'a\u001d\u001d')).toEqual({ passed: 'a', detached: true });
    expect(feed(new KeyFilter(parseDetachKeys('ctrl-q')), 'a\u0011b')).toEqual({ passed: 'a', detached: true });
    expect(feed(new KeyFilter([]), 'a\u001cd')).toEqual({ passed: 'a\u001cd', detached: false });
  });
});

describe('everything else that is typed', () => {
  it('comes through unchanged, however it is cut', () => {
    const typed = 'héllo\u001b[A\u001bOP\u001b[1;5C\u001b\u007f\u001b[<0;1;2M\u0000\u0003\u001b]x\u001b\u001b[B\u00ff';
    for (let cut = 0; cut <= typed.length; cut += 1) {
      const filter = usual();
      const { passed } = feed(filter, typed.slice(0, cut), typed.slice(cut));
      expect(passed + Buffer.from(filter.flush()).toString('latin1')).toBe(typed);
    }
  });

  it('is held back only while a sequence is unfinished', () => {
    const filter = usual();
    expect(feed(filter, 'a\u001b')).toEqual({ passed: 'a', detached: false });
    expect(filter.holds).toBe('sequence');
    expect(Buffer.from(filter.flush())).toEqual(bytes('\u001b'));
  });
});

const ANSWERS = [
  '\u001b[?62;22c',
  '\u001b[>0;276;0c',
  '\u001b[12;40R',
  '\u001b[0n',
  '\u001b[?2004;1$y',
  '\u001b[?1u',
  '\u001b[8;24;80t',
].concat(['\u001b]11;rgb:0000/0000/0000\u001b\\', '\u001b]52;c;c2VjcmV0\u0007', '\u001bP1$r0m\u001b\\', '\u001bP>|xterm(380)\u001b\\']);

describe('answers of the terminal', () => {
  it.each(ANSWERS)('T40 %j is dropped while nobody asks, passed on otherwise', (answer) => {
    const filter = usual();
    expect(feed(filter, `a${answer}b`).passed).toBe(`a${answer}b`);
    filter.dropAnswers({ untilSignOfLife: false });
    expect(feed(filter, `a${answer}b\u001b[A`).passed).toBe('ab\u001b[A');
    filter.passAnswers();
    expect(feed(filter, answer).passed).toBe(answer);
  });

  it('are passed on again behind the sign of life, which is dropped itself', () => {
    const filter = usual();
    filter.dropAnswers({ untilSignOfLife: true });
    expect(feed(filter, 'a\u001b[?62c\u001b[1;1R', 'b\u001b[0nc\u001b[2;2R')).toEqual({ passed: 'abc\u001b[2;2R', detached: false });
    expect(filter.dropsAnswers).toBe(false);
  });

  it('drop the sign of life also when it comes after the wait for it was over, and once', () => {
    const filter = usual();
    filter.dropAnswers({ untilSignOfLife: true });
    filter.passAnswers();
    expect(feed(filter, '\u001b[1;1R\u001b[0na', '\u001b[0n').passed).toBe('\u001b[1;1Ra\u001b[0n');
  });

  it('keys that look alike stay keys', () => {
    const filter = usual();
    filter.dropAnswers({ untilSignOfLife: false });
    const keys = '\u001b[97;5u\u001b[1;5A\u001b[3~\u001b[I\u001b[O\u001b[<0;1;2M';
    expect(feed(filter, keys).passed).toBe(keys);
  });
});
