import { settle } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { Sender } from './turn-queue.js';
import { TurnQueue } from './turn-queue.js';

/** A sender with so many chunks; notes its turns. */
const sender = (name: string, chunks: number, log: string[]): Sender => ({
  turn: () => {
    log.push(name);
    return --chunks > 0;
  },
});

async function drain(): Promise<void> {
  for (let i = 0; i < 20; i++) await settle();
}

describe('turns on one connection', () => {
  it('go round: nobody gets a second one before all others had theirs', async () => {
    const log: string[] = [];
    const turns = new TurnQueue(() => false);
    for (const [name, chunks] of [
      ['a', 4],
      ['b', 2],
      ['c', 1],
    ] as const)
      turns.wake(sender(name, chunks, log));
    await drain();
    expect(log.join('')).toBe('abcabaa');
  });

  it('go on with the next one after a pause, not with the first', async () => {
    const log: string[] = [];
    let room = 0;
    const turns = new TurnQueue(() => log.length >= room);
    for (const name of ['a', 'b', 'c']) turns.wake(sender(name, 3, log));
    for (const reached of [2, 4, 6, 8, 9]) {
      room = reached;
      turns.resume();
      await drain();
      expect(log).toHaveLength(reached);
    }
    expect(log.join('')).toBe('abcabcabc');
  });

  it('are not given to who has left, not even in the round that is under way', async () => {
    const log: string[] = [];
    const turns = new TurnQueue(() => false);
    const late = sender('late', 1, log);
    turns.wake({
      turn: () => {
        turns.remove(late);
        return false;
      },
    });
    turns.wake(late);
    await drain();
    expect(log).toEqual([]);
  });
});
