import { describe, expect, it } from 'vitest';
import { ScreenFold, SEQUENCE_MAX_BYTES } from './screen-fold.js';
import { differences, Viewer } from './testing/terminal-state.js';

const SIZE = { cols: 20, rows: 4, scrollback: 10 };
const bytesOf = (text: string) => new TextEncoder().encode(text);

function folded(...pieces: readonly string[]): ScreenFold {
  const fold = new ScreenFold(SIZE);
  for (const piece of pieces) fold.write(bytesOf(piece));
  return fold;
}

function seeing(...pieces: readonly string[]): Viewer {
  const viewer = new Viewer(SIZE);
  for (const piece of pieces) viewer.write(bytesOf(piece));
  return viewer;
}

describe('T40: hostile output', () => {
  const MIB = 'x'.repeat(1024 * 1024);

  it.each([
    ['OSC of no meaning', '\x1b]1337;File=', '\x07'],
    ['OSC ended by ST', '\x1b]52;c;', '\x1b\\'],
    ['OSC cancelled', '\x1b]2;', '\x18'],
    ['DCS', '\x1bPq', '\x1b\\'],
    ['APC', '\x1b_G', '\x1b\\'],
  ])('an unterminated %s of 1 MiB takes no memory, and what follows shows', (_, start, end) => {
    const fold = folded('before ', start, MIB);
    const checkpoint = fold.checkpoint();
    expect(fold.offset - checkpoint.offset).toBeLessThanOrEqual(SEQUENCE_MAX_BYTES);
    expect(checkpoint.serialized.length).toBeLessThan(400);
    const late = seeing(checkpoint.serialized, MIB.slice(0, fold.offset - checkpoint.offset), end, 'after');
    expect(differences(seeing('before ', start, MIB, end, 'after'), late)).toEqual([]);
    fold.write(bytesOf(`${end}after`));
    expect(fold.checkpoint().text).toBe('before after');
    expect(differences(seeing('before ', start, MIB, end, 'after'), seeing(fold.checkpoint().serialized))).toEqual([]);
  });

  it('a control sequence of 1 MiB still executes the controls in it', () => {
    const fold = folded('before\x1b[', '1\n;'.repeat(350_000));
    expect(fold.checkpoint().serialized.length).toBeLessThan(400);
    fold.write(bytesOf('mafter'));
    expect(fold.checkpoint().text).toBe(`\n\n\n${' '.repeat(6)}after`);
  });

  it('a title that long is not kept', () => {
    const fold = folded('\x1b]2;', MIB, '\x07x');
    expect(fold.checkpoint().serialized.length).toBeLessThan(400);
  });

  it('counts beyond all reason end, with the screen that they make', () => {
    const twoBillion = 2 ** 31 - 1;
    for (const final of 'STLMIZ@PXABCDEFGH`ade') {
      const text = `1\r\n2\r\n3\x1b[2;3r\x1b[31m\x1b[2;5H`;
      expect(
        differences(seeing(text, `\x1b[900${final}`), seeing(folded(text, `\x1b[${twoBillion}${final}`).checkpoint().serialized)),
      ).toEqual([]);
    }
    for (const unit of ['a', '語', 'e\u0301', '\x1b[?7la', '\x1b[4ha']) {
      const perRow = unit === '語' ? 10 : 20;
      expect(
        differences(
          seeing(unit, `\x1b[${(twoBillion % perRow) + 40 * perRow}b`),
          seeing(folded(unit, `\x1b[${twoBillion}b`).checkpoint().serialized),
        ),
      ).toEqual([]);
    }
  });

  it('a cell keeps so many combining marks, and a million links leave no million behind', () => {
    expect(folded('e', '\u0301'.repeat(500_000), 'x').checkpoint().serialized.length).toBeLessThan(400);
    const fold = folded('\x1b]8;;http://a/\x07'.repeat(20_000), 'text');
    expect(fold.checkpoint().text).toBe('text');
    expect(fold.checkpoint().serialized).not.toContain('http');
  });

  it('erasing up to the last cell of a fresh terminal does not end it', () => {
    expect(folded('gone\x1b[4;20H\x1b[1Jx\x1b[Hstill here').checkpoint().text).toBe(`still here\n\n\n${' '.repeat(19)}x`);
  });
});

describe('a terminal that xterm leaves broken', () => {
  it('goes on, and its checkpoint says so', () => {
    const fold = new ScreenFold({ cols: 13, rows: 3, scrollback: 0 });
    fold.write(bytesOf('flA}h`$\x1b[9;1f'));
    fold.resize(3, 4);
    fold.resize(19, 5);
    fold.write(bytesOf('\x1b[ A'));
    expect(fold.checkpoint().losses).toContain('failure');
    fold.write(bytesOf('\x1bcfresh'));
    expect(fold.checkpoint().text).toBe('fresh');
  });
});

describe('the size of a checkpoint', () => {
  const LOUD = Array.from({ length: 40 }, (_, i) => `\x1b[38;2;${i};1;2mA\x1b[48;2;1;${i};2mB`).join('');

  it('stays within its limit, newest lines first', () => {
    const text = Array.from({ length: 12 }, (_, i) => `${i}\r\n`).join('');
    const whole = folded(text).checkpoint();
    const fold = new ScreenFold({ ...SIZE, maxBytes: 1700 });
    fold.write(bytesOf(text + LOUD));
    expect(folded(text + LOUD).checkpoint().serialized.length).toBeGreaterThan(1700);
    const checkpoint = fold.checkpoint();
    expect(Buffer.byteLength(checkpoint.serialized)).toBeLessThanOrEqual(1700);
    expect(checkpoint.losses).toEqual(['scrollback']);
    expect(whole.losses).toEqual([]);
    const viewer = seeing(checkpoint.serialized);
    const full = seeing(text + LOUD);
    const rows = ({ terminal: { buffer } }: Viewer) =>
      Array.from({ length: 2 }, (_, i) => buffer.active.getLine(buffer.active.baseY + 2 + i)?.translateToString());
    expect(rows(viewer)).toEqual(rows(full));
    expect([viewer.terminal.buffer.active.cursorX, viewer.terminal.buffer.active.cursorY]).toEqual([
      full.terminal.buffer.active.cursorX,
      full.terminal.buffer.active.cursorY,
    ]);
  });

  it('holds for the alternate screen, which comes before what is behind it', () => {
    const fold = new ScreenFold({ ...SIZE, maxBytes: 1600 });
    fold.write(bytesOf(`${LOUD}\x1b[?1049h\x1b[H${LOUD}`));
    const checkpoint = fold.checkpoint();
    expect(Buffer.byteLength(checkpoint.serialized)).toBeLessThanOrEqual(1600);
    expect(seeing(checkpoint.serialized).terminal.buffer.active.type).toBe('alternate');
  });

  it('is at most a frame at the largest size that a session can have, every cell in its own colours', () => {
    const fold = new ScreenFold({ cols: 1000, rows: 500 });
    for (let i = 0; i < 40; i++)
      fold.write(bytesOf(Array.from({ length: 4000 }, (_, j) => `\x1b[38;2;${i};${j & 255};2;48;2;${j & 127};3;4mX`).join('')));
    expect(Buffer.byteLength(fold.checkpoint().serialized)).toBeLessThanOrEqual(1024 * 1024 - 1024);
  });
});
