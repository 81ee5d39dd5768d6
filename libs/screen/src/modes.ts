import type { XtermCore } from './xterm-core.js';

const MOUSE_PROTOCOLS: Readonly<Record<string, number>> = { X10: 9, VT200: 1000, DRAG: 1002, ANY: 1003 };
const MOUSE_ENCODINGS: Readonly<Record<string, number>> = { SGR: 1006, SGR_PIXELS: 1016 };
const CURSOR_STYLES = { block: 1, underline: 3, bar: 5 } as const;

/** A cursor style beyond the known ones sets whether it blinks, and nothing else. */
const BLINK_ALONE = 7;

/** Modes, from those of a reset terminal; origin mode is left to the cursor. Those that a reset keeps are always named. */
export function modesOf(core: XtermCore, cursorBlink: boolean | undefined): string {
  const { isCursorHidden, modes, decPrivateModes: dec } = core.coreService;
  const set: number[] = [];
  if (dec.applicationCursorKeys) set.push(1);
  if (cursorBlink === true) set.push(12);
  if (!isCursorHidden) set.push(25);
  if (dec.reverseWraparound) set.push(45);
  if (dec.applicationKeypad) set.push(66);
  for (const number of [MOUSE_PROTOCOLS[core.coreMouseService.activeProtocol], MOUSE_ENCODINGS[core.coreMouseService.activeEncoding]]) {
    if (number !== undefined) set.push(number);
  }
  if (dec.sendFocus) set.push(1004);
  if (dec.bracketedPasteMode) set.push(2004);
  if (dec.synchronizedOutput) set.push(2026);
  const unset: number[] = [];
  if (!dec.wraparound) unset.push(7);
  if (cursorBlink === false) unset.push(12);
  if (isCursorHidden) unset.push(25);

  let text = '';
  if (set.length > 0) text += `\x1b[?${set.join(';')}h`;
  if (unset.length > 0) text += `\x1b[?${unset.join(';')}l`;
  if (modes.insertMode) text += '\x1b[4h';
  if (core.optionsService.rawOptions.convertEol) text += '\x1b[20h';
  if (dec.cursorBlink !== undefined) {
    const base = dec.cursorStyle === undefined ? BLINK_ALONE : CURSOR_STYLES[dec.cursorStyle];
    text += `\x1b[${base + (dec.cursorBlink ? 0 : 1)} q`;
  }
  return text;
}
