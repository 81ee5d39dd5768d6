/** Finaliser of MurmurHash3 (32 bits): every input bit reaches every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * Bytes `[offset, offset + length)` of the endless stream named by `seed` (32 bits): byte i depends on seed and i alone, so any
 * reader can check any range. Generated in words of 8 bytes, low half first, little-endian.
 */
export function seededBytes(seed: number, offset: number, length: number): Uint8Array {
  const firstWord = Math.floor(offset / 8);
  const skip = offset - firstWord * 8;
  const halves = new Uint32Array(Math.ceil((skip + length) / 8) * 2);
  const low = mix(seed ^ 0x9e3779b9);
  const high = mix(seed ^ 0x7f4a7c15);
  for (let i = 0; i < halves.length; i += 2) {
    const word = firstWord + i / 2;
    const index = (word >>> 0) ^ Math.imul(Math.floor(word / 0x1_0000_0000), 0x27d4eb2f);
    halves[i] = mix(index ^ low);
    halves[i + 1] = mix(index ^ high);
  }
  return new Uint8Array(halves.buffer, skip, length);
}

/** Index in `bytes` of the first byte that differs from the seeded stream at `offset`, or -1. */
export function verifySeeded(seed: number, offset: number, bytes: Uint8Array): number {
  const expected = seededBytes(seed, offset, bytes.length);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== expected[i]) return i;
  return -1;
}
