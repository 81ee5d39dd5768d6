import './avatar.css';

const HUES = 8;

/** Up to two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.split(/[\s@._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => /^./u.exec(word ?? '')?.[0] ?? '');
  return letters.join('').toLocaleUpperCase() || '?';
}

/** The same colour for the same name, everywhere: FNV-1a, its upper half folded into the lower, which alone would spread badly. */
export function hueOf(name: string): number {
  let hash = 0x81_1c_9d_c5;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01_00_01_93);
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES;
}

/** A person, as a coloured disc with initials; the name stands beside it or is read aloud (`label`). */
export const Avatar = ({ name, label, small = false }: { name: string; label?: string; small?: boolean }) => (
  <span
    className={`avatar${small ? ' small' : ''}`}
    data-hue={hueOf(name)}
    {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label, title: label })}
  >
    {initials(name)}
  </span>
);
