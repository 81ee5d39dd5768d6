import { seededRandom, type SeededRandom } from '@berth/testing';

/** Output, or a change of size. */
export type Step = { readonly bytes: Uint8Array } | { readonly cols: number; readonly rows: number };

export interface Program {
  readonly seed: number;
  readonly cols: number;
  readonly rows: number;
  readonly scrollback: number;
  readonly steps: readonly Step[];
}

const encoder = new TextEncoder();
const utf8 = (text: string): Step => ({ bytes: encoder.encode(text) });
const raw = (...bytes: number[]): Step => ({ bytes: Uint8Array.from(bytes) });

const NARROW = [
  ...'abcdefghijklmnopqrstuvwxyzABCXYZ0189#$@[\\]^_`{|}~ -.'.split(''),
  'é',
  'ß',
  'Ж',
  '─',
  '’',
  '“',
  '\u{1f600}',
  '\u{1f468}',
  '\u00a0',
];
const WIDE = ['一', '界', '語', 'ｗ', '\u{20000}', '한', '㌀'];
const WIDTHLESS = ['\u0301', '\u0308', '\u200d', '\ufe0f', '\u20dd', '\u200b', '\u{e0100}'];
const SGR = [
  '',
  '0',
  '1',
  '2',
  '3',
  '4',
  '5',
  '7',
  '8',
  '9',
  '21',
  '22',
  '23',
  '24',
  '25',
  '27',
  '28',
  '29',
  '53',
  '55',
  '39',
  '49',
  '59',
  '100',
];
const CSI_COUNTS = [...'@ABCDEFGHILMPSTXZ`abdefr'.split(''), ' @', ' A', "'}", "'~"];
const MODES = [1, 2, 6, 7, 9, 12, 25, 45, 47, 66, 1000, 1002, 1003, 1004, 1006, 1016, 1047, 1048, 1049, 2004, 2026];
const ALTERNATE = [47, 1047, 1049];
const CHARSETS = [...'BBBB00A4C5RQKYE6ZH7='.split(''), 'X'];

/** One step of each sort, with how often it comes. */
const GRAMMAR: readonly (readonly [number, (random: SeededRandom) => Step])[] = [
  [30, (r) => utf8(Array.from({ length: r.int(1, 12) }, () => r.pick(NARROW)).join(''))],
  [8, (r) => utf8(Array.from({ length: r.int(1, 6) }, () => r.pick(r.chance(0.6) ? WIDE : NARROW)).join(''))],
  [6, (r) => utf8(r.pick(r.chance(0.5) ? NARROW : WIDE) + Array.from({ length: r.int(1, 3) }, () => r.pick(WIDTHLESS)).join(''))],
  [2, (r) => utf8(r.pick(WIDTHLESS))],
  [12, (r) => utf8(r.pick(['\n', '\r\n', '\r\n', '\r', '\b', '\t', '\x0b', '\x0c', '\x0e', '\x0f', '\x07', '\x00', '\x7f', '\x05']))],
  [18, (r) => utf8(`\x1b[${sgr(r)}m`)],
  [18, (r) => utf8(`\x1b[${count(r)}${r.pick(CSI_COUNTS)}`)],
  [6, (r) => utf8(`\x1b[${r.int(0, 9)};${r.int(0, 22)}${r.pick(['H', 'H', 'f'])}`)],
  [5, (r) => utf8(`\x1b[${r.chance(0.3) ? '?' : ''}${r.int(0, 3)}${r.pick(['J', 'K'])}`)],
  [4, (r) => utf8(`\x1b[${r.int(0, 8)};${r.int(0, 9)}r`)],
  [7, (r) => utf8(`\x1b[?${r.pick(MODES)}${r.chance(0.2) ? `;${r.pick(MODES)}` : ''}${r.pick(['h', 'l'])}`)],
  [4, (r) => utf8(`\x1b[?${r.pick(ALTERNATE)}${r.pick(['h', 'l'])}`)],
  [2, (r) => utf8(`\x1b[${r.pick([4, 4, 20])}${r.pick(['h', 'l'])}`)],
  [8, (r) => utf8(r.pick(['\x1b7', '\x1b8', '\x1b7', '\x1b8', '\x1b[s', '\x1b[u']))],
  [5, (r) => utf8(r.pick(['\x1bD', '\x1bE', '\x1bM', '\x1bM', '\x1b=', '\x1b>', '\x1b#8', '\u0084', '\u0085']))],
  [3, (r) => utf8(r.pick(['\x1bH', '\u0088', '\x1b[g', '\x1b[3g', '\x1b[2g']))],
  [6, (r) => utf8(`\x1b${r.pick(['(', ')', '*', '+', '-', '.', '/'])}${r.pick(CHARSETS)}`)],
  [3, (r) => utf8(r.pick(['\x0e', '\x0f', '\x1bn', '\x1bo', '\x1b|', '\x1b}', '\x1b~', '\x1b%G', '\x1b%@']))],
  [1, (r) => utf8(r.pick(['\x1bc', '\x1b[!p', '\x1b[!p']))],
  [2, (r) => utf8(`\x1b[${r.int(0, 8)} q`)],
  [2, (r) => utf8(`\x1b[${r.int(0, 3)}"q`)],
  [4, (r) => utf8(`\x1b]${r.pick(['0', '1', '2', '', '9', '52'])};${r.pick(['', 'title', 'é 界 ;x', 'a\tb'])}${terminator(r)}`)],
  [
    5,
    (r) => utf8(`\x1b]8;${r.pick(['', '', 'id=a', 'x=1:id=b', 'id='])};${r.pick(['', '', 'http://a/', 'https://b/;c'])}${terminator(r)}`),
  ],
  [3, (r) => utf8(`\x1b]${colour(r)}${terminator(r)}`)],
  [2, (r) => utf8(`\x1bP${r.pick(['$q', '1$q', 'q', '1;2|', '+q'])}${r.pick(['m', '"q', '', '#0~~é'])}${terminator(r)}`)],
  [1, (r) => utf8(`\x1b${r.pick(['X', '^', '_'])}${r.pick(['', 'x', 'é', '[m'])}${terminator(r)}`)],
  [
    3,
    (r) =>
      utf8(
        r.pick([
          '\x1b[',
          '\x1b[1;',
          '\x1b[?',
          '\x1b',
          '\x1b(',
          '\x1b]',
          '\x1b]2;t',
          '\x1b]8;;',
          '\x1bP',
          '\x1bP$q',
          '\x1bX',
          '\x1b[4:',
          '\x1b[1?',
        ]),
      ),
  ],
  [
    2,
    (r) =>
      utf8(
        r.pick(['\x1b[\n5', '\x1b[1\r;2', '\x1b[é', '\x1b\x7f[', '\x1b\n', '\x18', '\x1a', '\u009b3', '\u009d2;x', '\u009c', '\u0090$q']),
      ),
  ],
  [2, (r) => raw(...Array.from({ length: r.int(1, 4) }, () => r.pick([0x80, 0xff, 0xc3, 0xe2, 0x80, 0xf0, 0x9f, 0xbf, 0xc0, 0xed, 0x9b])))],
  [2, (r) => utf8(`${r.pick(['a', '界', 'e\u0301', ''])}\x1b[${r.pick(['', '1', '2', '3', '40', '3000'])}b`)],
  [
    2,
    (r) =>
      utf8(
        `\x1b[${r.pick(['c', '>c', '5n', '6n', '?6n', '?25$p', '4$p', '18t', '22;0t', '23;0t', '8;10;10t', '?5h', '?3h', '?69h', '1;2s', '>1u'])}`,
      ),
  ],
  [5, (r) => ({ cols: r.int(2, 20), rows: r.int(1, 8) })],
];

const TOTAL = GRAMMAR.reduce((sum, [weight]) => sum + weight, 0);

const count = (r: SeededRandom) => r.pick(['', '', '1', '2', '3', '5', '0', '9', '30', '70']);
const terminator = (r: SeededRandom) => r.pick(['\x07', '\x07', '\x1b\\', '\u009c', '\x18', '\x1b']);
const byte = (r: SeededRandom) => r.int(0, 255);

function sgr(r: SeededRandom): string {
  const one = () =>
    r.pick([
      () => r.pick(SGR),
      () => r.pick(SGR),
      () => `4:${r.int(0, 6)}`,
      () => `${r.pick([30, 40, 90, 100]) + r.int(0, 7)}`,
      () => `${r.pick([38, 48, 58])};5;${byte(r)}`,
      () => `${r.pick([38, 48, 58])};2;${byte(r)};${byte(r)};${byte(r)}`,
      () => `${r.pick([38, 48, 58])}:2::${byte(r)}:${byte(r)}:${byte(r)}`,
    ])();
  return Array.from({ length: r.int(1, 3) }, one).join(';');
}

const colour = (r: SeededRandom) =>
  r.pick([
    () => `4;${byte(r)};rgb:${byte(r).toString(16).padStart(2, '0')}/80/00`,
    () => `4;1;#102030;2;?`,
    () => `${r.int(10, 12)};#${r.int(100000, 999999)}`,
    () => `104${r.chance(0.5) ? `;${byte(r)}` : ''}`,
    () => `${r.int(110, 112)}`,
  ])();

/** One step by the grammar's weights. */
export function randomStep(random: SeededRandom): Step {
  let at = random.next() * TOTAL;
  for (const [weight, make] of GRAMMAR) {
    at -= weight;
    if (at < 0) return make(random);
  }
  return utf8('x');
}

/** The program of a seed: a small screen, and so many steps. */
export function randomProgram(seed: number, length: number): Program {
  const random = seededRandom(seed);
  const steps = Array.from({ length: random.int(1, length) }, () => randomStep(random));
  return { seed, cols: random.int(2, 20), rows: random.int(1, 8), scrollback: random.pick([0, 5, 12, 30]), steps };
}
