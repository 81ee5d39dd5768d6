const START = '\u001b[200~';
const END = '\u001b[201~';

/**
 * What a paste sends. Line ends become the Return key, and control characters other than Tab are left out: text from a web page could otherwise hold
 * the end of a bracketed paste, and what follows it would be taken for keystrokes. `bracketed`: the program asked to be told that it is a paste.
 */
export function pasteText(text: string, bracketed: boolean): string {
  const plain = text.replaceAll(/\r\n?|\n/g, '\r').replaceAll(/[^\P{Cc}\t\r]/gu, '');
  if (plain === '') return '';
  return bracketed ? START + plain + END : plain;
}
