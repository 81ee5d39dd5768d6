import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { OutputPosition } from './output-position.js';

const text = 'The quick brown fox jumps over the lazy dog.';
const bytes = new TextEncoder().encode(text);
const decode = (parts: Uint8Array[]) => parts.map((part) => new TextDecoder().decode(part)).join('');

describe('OutputPosition', () => {
  it('gives the same text for every prefix, duplicate and overlap', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const position = new OutputPosition();
      const parts: Uint8Array[] = [];
      while (position.received < bytes.length) {
        const from = random.int(0, position.received);
        const fresh = position.fresh(from, bytes.subarray(from, random.int(from, bytes.length)));
        if (fresh.kind !== 'fresh') continue;
        expect(fresh.offset).toBe(position.received);
        parts.push(fresh.data);
        position.take(fresh.data.length)();
      }
      expect(decode(parts), `seed ${seed}`).toBe(text);
      expect(position.parsedUpTo).toBe(bytes.length);
    }
  });

  it('sees a hole', () => {
    const position = new OutputPosition(10);
    expect(position.fresh(11, bytes)).toEqual({ kind: 'hole' });
    expect(position.skip(11, 20)).toBe('hole');
    expect(position.received).toBe(10);
  });

  it('counts as parsed only what is parsed up to there, in whatever order the terminal reports', () => {
    const position = new OutputPosition();
    const done = [position.take(10), position.take(10), position.take(10)];
    done[1]?.();
    expect(position.parsedUpTo).toBe(0);
    done[0]?.();
    expect(position.parsedUpTo).toBe(20);
    done[0]?.();
    done[2]?.();
    expect(position.parsedUpTo).toBe(30);
  });

  it('skips a gap once, from where it stands, and counts it as parsed behind what comes before', () => {
    const position = new OutputPosition();
    const done = position.take(10);
    expect(position.skip(5, 8)).toBeUndefined();
    expect(position.skip(5, 100)).toEqual({ from: 10, to: 100 });
    expect(position.skip(10, 100)).toBeUndefined();
    expect([position.received, position.parsedUpTo]).toEqual([100, 0]);
    done();
    expect(position.parsedUpTo).toBe(100);
    expect(position.fresh(90, bytes)).toMatchObject({ kind: 'fresh', offset: 100 });
  });
});
