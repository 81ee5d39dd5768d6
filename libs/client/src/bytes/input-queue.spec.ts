import { describe, expect, it } from 'vitest';
import { InputQueue } from './input-queue.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const shown = (queue: InputQueue) => queue.take().map(({ inputSeq, data }) => `${inputSeq}${new TextDecoder().decode(data)}`);

const typed = (...texts: string[]): InputQueue => {
  const queue = new InputQueue();
  for (const text of texts) queue.push(bytes(text));
  return queue;
};

describe('InputQueue', () => {
  it('numbers what was typed before the first attach from what the host has', () => {
    const queue = typed('a', 'b');
    queue.attached(1, 7);
    expect(shown(queue)).toEqual(['8a', '9b']);
    expect(shown(queue)).toEqual([]);
  });

  it('sends again what was not acknowledged, within the epoch', () => {
    const queue = typed('a', 'b', 'c');
    queue.attached(1, 0);
    queue.take();
    queue.acknowledged(1);
    queue.attached(1, 2);
    expect(shown(queue)).toEqual(['3c']);
    queue.attached(1, 2);
    queue.push(bytes('d'));
    expect(shown(queue)).toEqual(['3c', '4d']);
  });

  it('drops everything on a new epoch and starts at 1', () => {
    const queue = typed('a', 'b');
    queue.attached(1, 3);
    queue.take();
    queue.push(bytes('c'));
    queue.attached(2, 0);
    expect(shown(queue)).toEqual([]);
    queue.push(bytes('d'));
    expect(shown(queue)).toEqual(['1d']);
    queue.restarted(2);
    queue.push(bytes('e'));
    expect(shown(queue)).toEqual(['2e']);
    queue.restarted(3);
    expect(queue.pending).toBe(0);
    queue.push(bytes('f'));
    expect(shown(queue)).toEqual(['1f']);
  });

  it('uses the number of a refused frame up', () => {
    const queue = typed('a', 'b');
    queue.attached(1, 0);
    queue.take();
    queue.rejected(1);
    queue.push(bytes('c'));
    expect(shown(queue)).toEqual(['3c']);
    expect(queue.pending).toBe(2);
  });

  it('goes on from what the host remembers, even if that is less than it acknowledged', () => {
    const queue = typed('a', 'b');
    queue.attached(1, 0);
    queue.take();
    queue.acknowledged(1);
    queue.attached(1, 0);
    expect(shown(queue)).toEqual(['1b']);
  });

  it('sends a paste in parts, a window at a time, and refuses more than it can hold', () => {
    const queue = new InputQueue();
    queue.attached(1, 0);
    const paste = new Uint8Array(1024 * 1024).map((_, i) => i % 251);
    expect(queue.push(paste)).toBe(true);
    const received: number[] = [];
    for (let frames = queue.take(); frames.length > 0; frames = queue.take()) {
      expect(frames.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(256 * 1024);
      for (const { data } of frames) received.push(...data);
      queue.acknowledged(frames.at(-1)?.inputSeq ?? 0);
    }
    expect(Uint8Array.from(received)).toEqual(paste);
    expect(queue.push(new Uint8Array(9 * 1024 * 1024))).toBe(false);
    expect(queue.pending).toBe(0);
  });

  it('keeps a copy of what was typed', () => {
    const data = bytes('a');
    const queue = new InputQueue();
    queue.push(data);
    data[0] = 0;
    queue.attached(1, 0);
    expect(shown(queue)).toEqual(['1a']);
  });
});
