import { describe, expect, it } from 'vitest';
import { seededBytes, verifySeeded } from './seeded-bytes.js';
import { seededRandom } from './seeded-random.js';

describe('seededBytes', () => {
  it('gives the same byte for the same place, whatever range it is read in', () => {
    const whole = seededBytes(7, 0, 4096);
    const random = seededRandom(1);
    for (let i = 0; i < 500; i++) {
      const from = random.int(0, 4096);
      const length = random.int(0, 4096 - from);
      expect(seededBytes(7, from, length)).toEqual(whole.subarray(from, from + length));
    }
  });

  it('reads across 2^32 words and up to the largest offset', () => {
    const border = 2 ** 35;
    const across = seededBytes(1, border - 13, 26);
    expect(seededBytes(1, border, 13)).toEqual(across.subarray(13));
    expect(across.subarray(13)).not.toEqual(seededBytes(1, 0, 13));
    expect(seededBytes(1, 2 ** 48 - 9, 8)).toHaveLength(8);
  });

  it('differs by seed and uses every byte value about equally often', () => {
    expect(seededBytes(1, 0, 64)).not.toEqual(seededBytes(2, 0, 64));
    const counts = new Uint32Array(256);
    for (const byte of seededBytes(3, 0, 256 * 1000)) counts[byte] = (counts[byte] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  });

  it('finds the first wrong byte', () => {
    const bytes = seededBytes(5, 100, 300);
    expect(verifySeeded(5, 100, bytes)).toBe(-1);
    bytes[211] = (bytes[211] ?? 0) ^ 1;
    expect(verifySeeded(5, 100, bytes)).toBe(211);
  });
});
