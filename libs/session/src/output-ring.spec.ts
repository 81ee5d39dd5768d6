import { seededBytes, seededRandom, verifySeeded } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { OutputRing } from './output-ring.js';

const SEED = 11;

/** Reads a range through as many views as it takes. */
function readAll(ring: OutputRing, from: number): Uint8Array {
  const parts: number[] = [];
  for (let at = from; at < ring.end;) {
    const view = ring.read(at, 50);
    parts.push(...view);
    at += view.length;
  }
  return Uint8Array.from(parts);
}

describe('OutputRing', () => {
  it('holds the last bytes under their own numbers, whatever sizes they come in', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(seed);
      const base = random.pick([0, 1, 63, 2 ** 32 + 5, 2 ** 48 - 100_000]);
      const ring = new OutputRing(base, 1024, random.pick([64, 256, 1024]));
      while (ring.end < base + 20_000) {
        const count = random.pick([0, 1, random.int(1, 40), random.int(1, 900), random.int(1, 3_000)]);
        ring.append(seededBytes(SEED, ring.end, count));
        expect(ring.start).toBeGreaterThanOrEqual(base);
        const from = random.int(ring.start, ring.end);
        expect(verifySeeded(SEED, from, readAll(ring, from))).toBe(-1);
        const max = random.int(0, 2_000);
        const copy = ring.copy(from, max);
        expect(copy).toHaveLength(Math.min(max, ring.end - from));
        expect(verifySeeded(SEED, from, copy)).toBe(-1);
      }
      expect(ring.end - ring.start).toBe(1024);
    }
  });

  it('drops nothing before it has its full size', () => {
    const ring = new OutputRing(0, 4096, 64);
    for (let at = 0; at < 4096; at += 32) ring.append(seededBytes(SEED, at, 32));
    expect(ring.start).toBe(0);
    expect(verifySeeded(SEED, 0, ring.copy(0, 4096))).toBe(-1);
    ring.append(seededBytes(SEED, 4096, 1));
    expect(ring.start).toBe(1);
  });

  it('does not change a view by growing', () => {
    const ring = new OutputRing(0, 4096, 64);
    ring.append(seededBytes(SEED, 0, 64));
    const view = ring.read(0, 64);
    ring.append(seededBytes(SEED, 64, 500));
    expect(verifySeeded(SEED, 0, view)).toBe(-1);
  });

  it('refuses what it does not hold', () => {
    const ring = new OutputRing(100, 64, 64);
    ring.append(new Uint8Array(80));
    expect(() => ring.read(115, 1)).toThrow(RangeError);
    expect(() => ring.read(181, 1)).toThrow(RangeError);
    expect(ring.read(180, 10)).toHaveLength(0);
  });
});
