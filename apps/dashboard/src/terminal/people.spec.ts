import { UserId } from '@berth/protocol';
import type { Viewer } from '@berth/protocol';
import { expect, it } from 'vitest';
import { peopleOf } from './people.js';

const user = (digit: string) => UserId.parse(`usr_${digit.repeat(32)}`);
const viewer = (digit: string, name: string, role: Viewer['role'], id: string): Viewer => ({
  id,
  userId: user(digit),
  name,
  role,
  since: '2026-01-01T00:00:00.000Z',
});

it('shows each person once: oneself, who drives, who watches', () => {
  const viewers = [
    viewer('1', 'watcher', 'viewer', 'a'),
    viewer('2', 'owner', 'viewer', 'b'),
    viewer('3', 'second member', 'viewer', 'c'),
    viewer('3', 'second member', 'driver', 'd'),
    viewer('4', 'also watching', 'viewer', 'e'),
  ];
  expect(peopleOf(viewers, user('2')).map(({ name, drives, windows, isMe }) => [name, drives, windows, isMe])).toEqual([
    ['owner', false, 1, true],
    ['second member', true, 2, false],
    ['also watching', false, 1, false],
    ['watcher', false, 1, false],
  ]);
  expect(peopleOf([], user('1'))).toEqual([]);
});
