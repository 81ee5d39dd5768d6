import { isPlain, savedPenOf, setFlags, setLink, setLook, type Pen } from './look.js';
import type { Painter } from './painter.js';
import { charsetFlag } from './xterm-core.js';

const DESIGNATE = ['(', ')', '*', '+'];
const INVOKE = ['\x0f', '\x0e', '\x1bn', '\x1bo'];

/**
 * Sets the pen, and designates and invokes the character sets. DECRC makes mixtures of both that nothing else makes; they are restored by another
 * DECRC where the saved state still allows it. `moves` when that took the cursor along; not done unless it `mayMove`.
 */
export function setPenAndCharsets(painter: Painter, pen: Pen, mayMove: boolean): { text: string; moves: boolean } {
  const { core } = painter;
  const { charset, glevel, _charsets } = core._charsetService;
  const { active, normal, alt } = core.buffers;
  const designated = DESIGNATE.map((intermediate, level) => {
    const flag = charsetFlag(_charsets[level]);
    return flag === 'B' ? '' : `\x1b${intermediate}${flag}`;
  }).join('');
  const charsets = designated + (glevel === 0 ? '' : (INVOKE[glevel] ?? ''));
  const plain = setLook(pen) + (pen.link ? setLink(core, pen.link) : '');
  const invoked = charset === _charsets[glevel];
  const inSlot = active.savedCharset === charset;

  const slot = savedPenOf(active.savedCurAttrData);
  const penFromSlot = !isPlain(pen) && slot.underline === pen.underline && slot.extended === pen.extended && mayMove;
  if (!isPlain(pen) && !penFromSlot) painter.losses.add('pen');
  if (penFromSlot) {
    const restored = `${plain}\x1b8${setFlags(pen)}`;
    if (!invoked && inSlot) return { text: charsets + restored, moves: true };
    if (!invoked) painter.losses.add('charset');
    return { text: restored + designated + (INVOKE[glevel] ?? ''), moves: true };
  }
  if (invoked) return { text: charsets + plain, moves: false };
  if (mayMove && inSlot) return { text: `${charsets}\x1b8${plain}`, moves: true };
  if (mayMove && active === normal && alt.savedCharset === charset)
    return { text: `${charsets}\x1b[?47h\x1b8\x1b[?47l${plain}`, moves: true };
  painter.losses.add('charset');
  return { text: charsets + plain, moves: false };
}
