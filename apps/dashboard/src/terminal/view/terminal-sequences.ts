/** Sequences that the page itself puts between what programs wrote. */

const sequence = (...parts: string[]): string => parts.join('\u001b');

/** Changes nothing in a new terminal, except that xterm shows a cursor from then on, not only after the first key. */
export const SHOW_CURSOR = sequence('', '[?1047l');

/** Cancels whatever sequence is under way, then resets, with what xterm leaves of a reset: linefeed mode and colours. */
export const RESET = sequence('\u0018', 'c', '[20l', ']104\u0007', ']110\u0007', ']111\u0007', ']112\u0007');

/**
 * Cancels whatever sequence is under way, and resets without forgetting what was shown: back to the ordinary screen and to the modes of a new terminal (margins, colours, character set, mouse,
 * focus and paste reports, cursor), and on below.
 */
export const NEXT_PROGRAM = sequence(
  '\u0018',
  // Not 1049, which would take the cursor back to where it was saved, above what is to be kept.
  '[?1047l',
  '[!p',
  '[m',
  '(B',
  '[?9;1000;1002;1003;1004;1005;1006;1015;2004l',
  '[?25h\u000f\r\n\r\n',
  '[J',
);

/** Where output of the same program is missing: its modes most likely still hold, only a sequence or a colour under way does not. */
export const AFTER_GAP = sequence('\u0018', '[m', '(B\u000f\r\n');

/** A dim line of the page's own in the terminal. */
export const note = (text: string): string => sequence('', '[2m', `[3m── ${text} ──`, '[m\r\n');
