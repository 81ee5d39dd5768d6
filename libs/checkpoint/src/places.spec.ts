import { describe, expect, it } from 'vitest';
import { Places } from './places.js';

const never = new AbortController().signal;

/** Takes places in the order of the given times used; who has one, by its time. */
function places(count: number) {
  const subject = new Places(count);
  const held: number[] = [];
  const take = async (usedMs: number, signal = never): Promise<void> => {
    await subject.take({ usedMs }, signal);
    held.push(usedMs);
  };
  return { subject, held, take };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('places', () => {
  it('are given to as many as there are, then to whoever has used least', async () => {
    const { subject, held, take } = places(2);
    for (const usedMs of [50, 40, 30, 10, 20]) void take(usedMs);
    await settled();
    expect(held).toEqual([50, 40]);
    expect(subject.wanted).toBe(true);
    subject.leave();
    await settled();
    expect(held).toEqual([50, 40, 10]);
    for (let left = 0; left < 2; left += 1) subject.leave();
    await settled();
    expect(held).toEqual([50, 40, 10, 20, 30]);
    expect(subject.wanted).toBe(false);
  });

  it('are free again when nobody waits', async () => {
    const { subject, held, take } = places(1);
    await take(1);
    subject.leave();
    await take(2);
    expect(held).toEqual([1, 2]);
  });

  it('are not given to one who has gone', async () => {
    const { subject, held, take } = places(1);
    await take(1);
    const gone = new AbortController();
    const taking = take(2, gone.signal);
    gone.abort(new Error('gone'));
    await expect(taking).rejects.toThrow('gone');
    expect(subject.wanted).toBe(false);
    await expect(take(3, gone.signal)).rejects.toThrow('gone');
    subject.leave();
    await take(4);
    expect(held).toEqual([1, 4]);
  });
});
