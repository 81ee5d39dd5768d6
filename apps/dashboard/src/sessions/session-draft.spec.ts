import { SessionInput } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import type { SessionDraft } from './session-draft.js';
import { EMPTY_DRAFT, argumentsOf, inputOf, liesBelow, missingIn } from './session-draft.js';

const draft = (over: Partial<SessionDraft>): SessionDraft => ({ ...EMPTY_DRAFT, ...over });

describe('inputOf', () => {
  it('starts Claude Code without a command, with what it alone knows', () => {
    expect(inputOf(draft({ title: ' Fix it ', model: ' opus ', permissionMode: 'plan' }))).toEqual({
      kind: 'terminal',
      title: 'Fix it',
      model: 'opus',
      permissionMode: 'plan',
    });
    expect(inputOf(EMPTY_DRAFT)).toEqual({ kind: 'terminal', permissionMode: 'manual' });
  });

  it('starts a shell or a program by its arguments, and leaves out what only Claude Code knows', () => {
    expect(inputOf(draft({ program: 'shell', model: 'opus' }))).toEqual({ kind: 'terminal', command: ['bash', '-l'] });
    expect(inputOf(draft({ program: 'command', executable: ' htop ', arguments: '-d\n10\n' }))).toEqual({
      kind: 'terminal',
      command: ['htop', '-d', '10'],
    });
  });

  it('names a folder only when one is chosen', () => {
    expect(inputOf(draft({ folder: 'path', path: '/srv/work/a ' })).workspace).toEqual({ path: '/srv/work/a' });
    expect(inputOf(draft({ folder: 'own', path: '/srv/work/a' })).workspace).toBeUndefined();
  });

  it('is what the server takes', () => {
    for (const each of [
      EMPTY_DRAFT,
      draft({ program: 'shell' }),
      draft({ program: 'command', executable: 'ls', folder: 'path', path: '/srv' }),
    ])
      expect(SessionInput.safeParse(inputOf(each)).success).toBe(true);
  });
});

it('takes arguments as they stand: nothing in them is read by a shell', () => {
  expect(argumentsOf('-c\necho "$HOME"; `id` $(id) \\n\n\n  two  words ')).toEqual(['-c', 'echo "$HOME"; `id` $(id) \\n', '  two  words ']);
  expect(argumentsOf('')).toEqual([]);
});

it.each([
  ['/srv/work', true],
  ['/srv/work/', true],
  ['/srv/work/a/b', true],
  ['/srv/workshop', false],
  ['/srv', false],
  ['', false],
])('%s lies below /srv/work: %s', (path, below) => {
  expect(liesBelow(path, ['/srv/work/'])).toBe(below);
});

it('says what is missing', () => {
  expect(missingIn(EMPTY_DRAFT, [])).toEqual({});
  expect(Object.keys(missingIn(draft({ program: 'command', folder: 'path', path: '/etc' }), ['/srv']))).toEqual(['executable', 'path']);
});
