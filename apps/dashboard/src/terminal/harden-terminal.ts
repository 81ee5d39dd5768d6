import type { ITerminalOptions, Terminal } from '@xterm/xterm';

const TITLE_LENGTH = 120;

/** What a session's output may not do: reach the clipboard, move the window, open links unasked. */
export const HARDENED: ITerminalOptions = {
  allowProposedApi: false,
  windowOptions: {},
  linkHandler: {
    activate: (_event, address) => {
      if (/^https?:\/\//i.test(address) && confirm(`Open this address?\n\n${address}`))
        window.open(address, '_blank', 'noopener,noreferrer');
    },
  },
};

/**
 * Output is written by strangers. Queries in it are answered only when `mayAnswer` says so: an answer is typed into the program, so a viewer
 * gives none, and history that is shown again gets none a second time.
 */
export function hardenTerminal({ parser }: Terminal, mayAnswer: () => boolean): void {
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
  // Colours may be set; asked for only by the same rule.
  for (const code of [4, 10, 11, 12]) parser.registerOscHandler(code, (data) => data.includes('?') && !mayAnswer());
}

/** A title that output may set: text, short, without anything that could play with the page around it. */
export const plainTitle = (title: string): string => title.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, TITLE_LENGTH);
