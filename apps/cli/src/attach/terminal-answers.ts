import type { Sequence } from './escape-scanner.js';

/** Colours, and the clipboard: with a `?` they are asked for. */
const ASKABLE = /^(4|5|1[0-9]|52|99);/;

/** Whether a terminal that is shown this sequence types an answer to it. */
export function isQuery(sequence: Sequence): boolean {
  switch (sequence.kind) {
    case 'csi':
      return isCsiQuery(sequence);
    case 'string':
      // DECRQSS, XTGETTCAP; colours and clipboard; the query of kitty's graphics.
      if (sequence.introducer === 'P') return /^[$+]q/.test(sequence.content);
      if (sequence.introducer === ']') return ASKABLE.test(sequence.content) && sequence.content.includes('?');
      return sequence.introducer === '_' && /^G.*a=q/.test(sequence.content);
    case 'escape':
      return sequence.intermediates === '' && sequence.final === 'Z';
    case 'shift':
      return false;
  }
}

function isCsiQuery({ params, intermediates, final }: Extract<Sequence, { kind: 'csi' }>): boolean {
  switch (final) {
    // Device attributes, status and cursor position, modes, version, keyboard protocol, window.
    case 'c':
      return intermediates === '';
    case 'n':
      return /^\??\d/.test(params);
    case 'p':
      return intermediates === '$';
    case 'q':
      return params.startsWith('>');
    case 'u':
      return params === '?';
    case 't':
      return /^(1[13-9]|2[01])(;|$)/.test(params);
    default:
      return false;
  }
}

/** Whether a sequence on the keyboard's side is no key but a terminal's answer. */
export function isAnswer(sequence: Sequence): boolean {
  if (sequence.kind === 'string') return true;
  if (sequence.kind !== 'csi') return false;
  const { params, intermediates, final } = sequence;
  switch (final) {
    case 'c':
      return /^[?>=]/.test(params);
    case 'n':
    case 't':
      return true;
    // F3 with modifiers looks the same on the first line; while answers are not wanted, so be it.
    case 'R':
      return /^\??\d+;\d+/.test(params);
    case 'y':
      return intermediates === '$';
    case 'u':
      return params.startsWith('?');
    default:
      return false;
  }
}

/** Asks any terminal for a sign of life; nothing else is answered by {@link isSignOfLife}. */
export const ASK_FOR_SIGN_OF_LIFE = '\u001b[5n';
export const isSignOfLife = (sequence: Sequence): boolean => sequence.kind === 'csi' && sequence.final === 'n' && sequence.params === '0';
