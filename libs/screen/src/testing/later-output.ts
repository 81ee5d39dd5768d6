import { seededRandom } from '@berth/testing';

/** How long output goes on after a program. */
export const LATER_BYTES = 64 * 1024;

/** Variants: each costs a moment to make, and ten thousand programs share them. */
const VARIANTS = 16;
const made: Uint8Array[] = [];

const WORDS = ['make', 'café', '語', 'error:', '0x7f', '\u{1f600}', '\t', 'e\u0301', '────', '  '];
const CONTROLS = [
  '\x1b[m',
  '\x1b[1;31m',
  '\x1b[38;5;99;48;2;1;2;3m',
  '\x1b[4:3m',
  '\x1b[K',
  '\x1b[2;3H',
  '\x1b[A',
  '\x1b[5C',
  '\x1bM',
  '\x1b[P',
];
const SELDOM = [
  '\x1b7',
  '\x1b8',
  '\x1b[2J',
  '\x1b[2;4r',
  '\x1b[r',
  '\x1b[?6l',
  '\x1b[?1049h',
  '\x1b[?1049l',
  '\x1b[?7h',
  '\x0e',
  '\x0f',
  '\x1b[2L',
  '\x1b]2;t\x07',
];

/** Ordinary output of {@link LATER_BYTES}, as builds, editors and shells write it; ends within a line. */
export function laterOutput(seed: number): Uint8Array {
  const variant = seed % VARIANTS;
  return (made[variant] ??= make(variant));
}

function make(variant: number): Uint8Array {
  const random = seededRandom(variant);
  let text = '';
  // Ends strings and sequences that were left open: the rest would all be theirs.
  for (text += random.pick(['', '\x18', '\x1b\\']); text.length < LATER_BYTES;) {
    text += random.pick(WORDS);
    if (random.chance(0.3)) text += random.pick(CONTROLS);
    if (random.chance(0.02)) text += random.pick(SELDOM);
    text += random.chance(0.1) ? '\r\n' : ' ';
  }
  return new TextEncoder().encode(text);
}
