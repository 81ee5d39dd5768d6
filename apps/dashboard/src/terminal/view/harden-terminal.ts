import type { ITerminalOptions, Terminal } from '@xterm/xterm';

const TITLE_LENGTH = 120;
/** More than any screen has lines or columns: a loop in xterm takes as many steps, and a stranger could ask for two thousand million. */
const MOST_STEPS = 1_000;

/** The part of xterm that erases; its public interface has none. */
interface ErasingCore {
  _core?: { _inputHandler?: { eraseInDisplay?(params: { params: number[]; length: number }, respectProtect: boolean): boolean } };
}

/** The address of a link in output, in the one spelling that a browser would open; undefined unless it leads to a web page. */
export function webAddress(text: string): string | undefined {
  const url = URL.parse(text);
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url.href : undefined;
}

/** What a session's output may not do: reach the clipboard, move the window, open links unasked. `openLink` asks. */
export const hardened = (openLink: (address: string) => void): ITerminalOptions => ({
  allowProposedApi: false,
  windowOptions: {},
  linkHandler: {
    activate: (_event, text) => {
      const address = webAddress(text);
      if (address !== undefined) openLink(address);
    },
  },
});

/**
 * Output is written by strangers. Queries in it are answered only when `mayAnswer` says so: an answer is typed into the program, so a viewer
 * gives none, and history that is shown again gets none a second time.
 */
export function hardenTerminal(terminal: Terminal, mayAnswer: () => boolean): void {
  const { parser } = terminal;
  const refuse = (): boolean => true;
  const unlessAnswered = (): boolean => !mayAnswer();
  // Clipboard, read and write.
  parser.registerOscHandler(52, refuse);
  // Size, position, title and icon of the window.
  parser.registerCsiHandler({ final: 't' }, refuse);
  // Device attributes, status and modes, terminal version, keyboard protocol.
  for (const prefix of ['', '>', '=']) parser.registerCsiHandler({ ...(prefix && { prefix }), final: 'c' }, unlessAnswered);
  for (const prefix of ['', '?']) parser.registerCsiHandler({ ...(prefix && { prefix }), final: 'n' }, unlessAnswered);
  for (const prefix of ['', '?']) parser.registerCsiHandler({ ...(prefix && { prefix }), intermediates: '$', final: 'p' }, unlessAnswered);
  parser.registerCsiHandler({ prefix: '>', final: 'q' }, unlessAnswered);
  parser.registerCsiHandler({ prefix: '?', final: 'u' }, unlessAnswered);
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, unlessAnswered);
  // Scroll, insert and delete lines, tabs, repeat a character.
  for (const final of ['S', 'T', 'L', 'M', 'I', 'Z', 'b']) parser.registerCsiHandler({ final }, ([count]) => Number(count) > MOST_STEPS);
  for (const prefix of ['', '?'])
    parser.registerCsiHandler({ ...(prefix && { prefix }), final: 'J' }, ([what]) => what === 1 && eraseFromLastCell(terminal, prefix));
  // Colours may be set; asked for only by the same rule.
  for (const code of [4, 10, 11, 12]) parser.registerOscHandler(code, (data) => data.includes('?') && !mayAnswer());
}

/**
 * Erasing all up to the cursor throws in xterm 6.0.0 when the cursor is in the last cell of a terminal that has not scrolled yet, and nothing is shown
 * ever after. There it means the whole screen, which is erased instead; false: xterm may do it.
 */
function eraseFromLastCell(terminal: Terminal, prefix: string): boolean {
  const { cols, buffer } = terminal;
  const { cursorX, cursorY } = buffer.active;
  if (cursorX + 1 < cols || buffer.active.getLine(cursorY + 1) !== undefined) return false;
  (terminal as unknown as ErasingCore)._core?._inputHandler?.eraseInDisplay?.({ params: [2], length: 1 }, prefix === '?');
  return true;
}

/** A title that output may set: text, short, without anything that could play with the page around it. */
export const plainTitle = (title: string): string =>
  title
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .slice(0, TITLE_LENGTH);
