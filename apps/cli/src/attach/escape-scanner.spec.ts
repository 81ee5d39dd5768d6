import { describe, expect, it } from 'vitest';
import type { Sequence } from './escape-scanner.js';
import { EscapeScanner } from './escape-scanner.js';

function scan(chunks: readonly string[]): { found: Sequence[]; ground: boolean } {
  const scanner = new EscapeScanner();
  const found: Sequence[] = [];
  for (const chunk of chunks) scanner.scan(Buffer.from(chunk, 'latin1'), (sequence) => found.push(sequence));
  return { found, ground: scanner.ground };
}

const csi = (params: string, final: string, intermediates = ''): Sequence => ({ kind: 'csi', params, intermediates, final });
const TEXT =
  'a\u001b[?25l\u001b[1;2Hé\u001b(0\u000e\u001b=\u001b]2;title\u0007\u001bP$qm\u001b\\\u001b[4 q\u001b]8;;x\u001b[m\u001b\u001b[A';
const SEQUENCES: Sequence[] = [
  csi('?25', 'l'),
  csi('1;2', 'H'),
  { kind: 'escape', intermediates: '(', final: '0' },
  { kind: 'shift', out: true },
  { kind: 'escape', intermediates: '', final: '=' },
  { kind: 'string', introducer: ']', content: '2;title' },
  { kind: 'string', introducer: 'P', content: '$qm' },
  csi('4', 'q', ' '),
  // A string that another sequence cuts off is none.
  csi('', 'm'),
  csi('', 'A'),
];

describe('the scanner of escape sequences', () => {
  it('finds the same sequences wherever the bytes are cut', () => {
    expect(scan([TEXT])).toEqual({ found: SEQUENCES, ground: true });
    expect(scan(TEXT.split(''))).toEqual({ found: SEQUENCES, ground: true });
    for (let cut = 1; cut < TEXT.length; cut += 1) expect(scan([TEXT.slice(0, cut), TEXT.slice(cut)]).found).toEqual(SEQUENCES);
  });

  it('says where a sequence begins and ends', () => {
    const places: [number, number][] = [];
    new EscapeScanner().scan(Buffer.from('ab\u001b[31mcd\u001b=e'), (_, start, end) => places.push([start, end]));
    expect(places).toEqual([
      [2, 7],
      [9, 11],
    ]);
  });

  it('knows when something is under way, and what ends it', () => {
    for (const begun of ['\u001b', '\u001b[', '\u001b[3', '\u001b]2;x', '\u001bP', '\u001b(']) expect(scan([begun]).ground).toBe(false);
    expect(scan(['\u001b]2;x\u0018'])).toEqual({ found: [], ground: true });
  });

  it('T40 keeps little of a string that does not end', () => {
    const scanner = new EscapeScanner();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    scanner.scan(Buffer.from('\u001b]52;c;'), () => undefined);
    for (let i = 0; i < 8; i += 1) scanner.scan(chunk, () => undefined);
    const found: Sequence[] = [];
    scanner.scan(Buffer.from('\u0007'), (sequence) => found.push(sequence));
    expect(found).toHaveLength(1);
    expect(found[0]?.kind === 'string' && found[0].content.length).toBeLessThanOrEqual(4096);
  });
});
