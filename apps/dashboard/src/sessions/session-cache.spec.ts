import type { SessionView } from '@berth/protocol';
import { SessionId, UserId } from '@berth/protocol';
import { describe, expect, it } from 'vitest';
import type { SessionFilter } from './session-cache.js';
import { matches, withUpdate } from './session-cache.js';

const session = (number: number, over: Partial<SessionView> = {}): SessionView => ({
  id: SessionId.parse(`ses_${number.toString(16).padStart(32, '0')}`),
  kind: 'terminal',
  status: 'running',
  title: `Session ${number}`,
  program: 'claude',
  command: [],
  model: null,
  permissionMode: null,
  modelProvider: 'scripted',
  createdBy: UserId.parse(`usr_${'1'.repeat(32)}`),
  run: { epoch: 1, state: 'running', host: null },
  head: 0,
  cols: 80,
  rows: 24,
  workspace: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  closedAt: null,
  ...over,
});

const active: SessionFilter = { shown: 'active', search: '' };
const numbers = (pages: ReturnType<typeof withUpdate>) => pages.map(({ items }) => items.map(({ id }) => Number.parseInt(id.slice(4), 16)));
const update = (changed: SessionView) => ({ sessionId: changed.id, session: changed });
const pages = [
  { items: [session(9), session(7)], nextCursor: 'a' },
  { items: [session(5), session(3)], nextCursor: 'b' },
];

describe('matches', () => {
  it('asks for the same as the server', () => {
    const closed = session(1, { status: 'closed', title: 'Fix LOGIN' });
    expect(matches(closed, active)).toBe(false);
    expect(matches(closed, { shown: 'closed', search: ' login ' })).toBe(true);
    expect(matches(closed, { shown: 'all', search: 'logout' })).toBe(false);
    expect(matches(session(1, { status: 'suspended' }), active)).toBe(true);
  });
});

describe('withUpdate', () => {
  it('replaces in place, as often as it is told', () => {
    const renamed = update(session(5, { title: 'New title' }));
    const once = withUpdate(pages, active, renamed);
    expect(once[1]?.items[0]?.title).toBe('New title');
    expect(withUpdate(once, active, renamed)).toEqual(once);
    expect(numbers(once)).toEqual([
      [9, 7],
      [5, 3],
    ]);
  });

  it('puts new ones where the server would', () => {
    expect(numbers(withUpdate(pages, active, update(session(10))))).toEqual([
      [10, 9, 7],
      [5, 3],
    ]);
    expect(numbers(withUpdate(pages, active, update(session(4))))).toEqual([
      [9, 7],
      [5, 4, 3],
    ]);
  });

  it('leaves what lies behind the last page to the next one, and appends to a list that is whole', () => {
    expect(numbers(withUpdate(pages, active, update(session(1))))).toEqual(numbers(pages));
    expect(numbers(withUpdate([{ items: [session(5)], nextCursor: null }], active, update(session(1))))).toEqual([[5, 1]]);
    expect(numbers(withUpdate([{ items: [], nextCursor: null }], active, update(session(1))))).toEqual([[1]]);
  });

  it('drops what is deleted or no longer wanted', () => {
    expect(numbers(withUpdate(pages, active, { sessionId: session(7).id, session: null }))).toEqual([[9], [5, 3]]);
    expect(numbers(withUpdate(pages, active, update(session(9, { status: 'closed' }))))).toEqual([[7], [5, 3]]);
    expect(numbers(withUpdate(pages, { shown: 'active', search: 'session' }, update(session(3, { title: 'other' }))))).toEqual([
      [9, 7],
      [5],
    ]);
  });
});
