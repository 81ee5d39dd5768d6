import type { Size } from './local-terminal.js';

/** What a serialized screen begins with: CAN, RIS. */
const RESET = [0x18, 0x1b, 0x63] as const;

/**
 * A serialized screen for a person's own terminal of this size, whose modes are back to those of a new one. A reset would in many terminals take what
 * can be scrolled back to with it, so it is left out; what was shown before moves up instead.
 */
export function givenScreen(serialized: Uint8Array, { rows }: Size): Uint8Array {
  const room = `\u001b[!p\u001b[${String(rows)};1H${'\n'.repeat(rows)}\u001b[H`;
  const drawn = RESET.every((byte, at) => serialized[at] === byte) ? serialized.subarray(RESET.length) : serialized;
  return Buffer.concat([Buffer.from(room), drawn]);
}
