/** Controls, formats that reorder or hide text, line separators, half surrogates: everything that is not simply shown. */
const NOT_SHOWN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** Somebody else's text as one line that drives no terminal: what would not simply be shown is spelt out, `\u001b`. */
export const plain = (text: string): string => text.replaceAll(NOT_SHOWN, escaped);

/** JSON that means the same and drives no terminal either: `JSON.stringify` leaves C1 controls and formats as they are. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
