import { BerthApi } from '@berth/client';
import type { SessionView } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import { findSession } from './find-session.js';

const id = (head: string, tail: string): string => `ses_${head.padEnd(24, '0')}${tail.padStart(8, '0')}`;
const session = (of: string, title: string, status: SessionView['status'] = 'running'): SessionView =>
  ({
    id: of,
    kind: 'terminal',
    status,
    title,
    program: 'command',
    command: ['sh'],
    model: null,
    permissionMode: null,
    modelProvider: 'none',
    createdBy: `usr_${'2'.repeat(32)}`,
    run: { epoch: 1, state: 'running', host: null },
    head: 0,
    cols: 80,
    rows: 24,
    workspace: null,
    createdAt: '2026-03-10T12:00:00Z',
    closedAt: null,
  }) as SessionView;

const SESSIONS = [
  session(id('0191aa', 'beef0001'), 'parser'),
  session(id('0191ab', 'beef0002'), 'parser tests'),
  session(id('0191ac', 'cafe0003'), 'old', 'closed'),
  session(id('0191ad', 'cafe0004'), 'old'),
  session(id('0191ae', 'dead0005'), 'twin'),
  session(id('0191af', 'dead0006'), 'twin'),
];

/** Answers lists in pages of two. */
const api = new BerthApi({
  baseUrl: 'http://127.0.0.1',
  accessToken: 'T',
  fetch: async (input) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const one = SESSIONS.find((each) => url.pathname.endsWith(each.id));
    const list = { items: SESSIONS.slice(from, from + 2), nextCursor: from + 2 < SESSIONS.length ? String(from + 2) : null };
    return new Response(JSON.stringify(one ?? list), { status: 200 });
  },
});
const found = async (wanted: string): Promise<string> => (await findSession(api, wanted)).id.slice(-8);

describe('a session is found', () => {
  it.each([
    ['by id', SESSIONS[2]?.id ?? '', 'cafe0003'],
    ['by the end of its id', 'beef0002', 'beef0002'],
    ['by the beginning of its id', 'ses_0191ab', 'beef0002'],
    ['by title, also when another begins with it', 'parser', 'beef0001'],
    ['by title, the living one first', 'old', 'cafe0004'],
    ['by the beginning of a title', 'Parser T', 'beef0002'],
  ])('%s', async (_, wanted, expected) => {
    expect(await found(wanted)).toBe(expected);
  });

  it('not at all: exit code 1', async () => {
    await expect(found('nothing')).rejects.toMatchObject({ exitCode: 1 });
    await expect(found('0005x')).rejects.toMatchObject({ exitCode: 1 });
  });

  it('more than once: exit code 2, with those that may be meant', async () => {
    await expect(found('twin')).rejects.toMatchObject({ exitCode: 2, message: 'twin may mean twin (dead0005), twin (dead0006)' });
    await expect(found('0191')).rejects.toMatchObject({ exitCode: 2 });
  });
});
