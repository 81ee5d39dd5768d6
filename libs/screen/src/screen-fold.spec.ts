import { describe, expect, it } from 'vitest';
import { ScreenFold } from './screen-fold.js';
import { differences, Viewer } from './testing/terminal-state.js';

const SIZE = { cols: 20, rows: 4, scrollback: 10 };
const bytesOf = (text: string) => new TextEncoder().encode(text);

function folded(text: string | Uint8Array, size = SIZE): ScreenFold {
  const fold = new ScreenFold(size);
  fold.write(typeof text === 'string' ? bytesOf(text) : text);
  return fold;
}

/** A viewer that starts from the fold's checkpoint. */
function late(fold: ScreenFold, size = SIZE): Viewer {
  const checkpoint = fold.checkpoint();
  const viewer = new Viewer({ ...size, cols: checkpoint.cols, rows: checkpoint.rows });
  viewer.write(bytesOf(checkpoint.serialized));
  return viewer;
}

function expectExact(text: string, then = ''): void {
  const whole = new Viewer(SIZE);
  whole.write(bytesOf(text));
  const viewer = late(folded(text));
  expect(differences(whole, viewer)).toEqual([]);
  whole.write(bytesOf(then));
  viewer.write(bytesOf(then));
  expect(differences(whole, viewer)).toEqual([]);
}

describe('the fold', () => {
  it.each([
    ['a prompt', '\x1b[0;32muser\x1b[m$ ls', '\r\n'],
    ['wrapped text, scrolled', 'the quick brown fox jumps over the lazy dog '.repeat(5), '\x1b[2J'],
    ['wide characters that wrap early', '語'.repeat(35), '語'],
    ['a combining mark to come', 'cafe', '\u0301 x'],
    ['a pending wrap', 'x'.repeat(20), 'y'],
    ['a pending wrap over an erased cell', `${'x'.repeat(20)}\x1b[1K`, 'y'],
    ['insert mode', '\x1b[4habcdef\x1b[1;3Hx', '\u0301y'],
    ['every attribute', '\x1b[1;2;3;4:3;5;7;8;9;53;38;2;1;2;3;48;5;99;58;2;9;8;7m\x1b[1"qtext', '\x1b[4my\x1b[?2Kz'],
    ['a link left open', 'see \x1b]8;;http://a/\x07this', ' and that\x1b]8;;\x07.'],
    ['margins, origin, tab stops', '\x1b[2;3r\x1b[?6h\x1b[3g\x1b[5G\x1bHx', '\r\t\t|\n\n\n'],
    ['line drawing', '\x1b)0\x0elqk\x0fx\x0e', 'mqj\x0fx'],
    [
      'saved cursors of both screens',
      '\x1b[3;7H\x1b[31m\x1b(0\x1b7\x1b[m\x1b(B\x1b[?47h\x1b[2;2H\x1b[4m\x1b7\x1b[H',
      '\x1b8a\x1b[?47l\x1b8q',
    ],
    ['a saved cursor that has scrolled away', `\x1b[3;3H\x1b7${'\n'.repeat(9)}`, '\x1b[3J\x1b8x'],
    ['the alternate screen and what is behind it', 'shell\r\n$ vi\x1b[?1049h\x1b[2;4rtext\x1b[4;20Hx', '\x1b[?1049l$ '],
    ['modes', '\x1b[?1;7;25l\x1b[?45;66;1002;1006;1004;2004;2026h\x1b[5 q', 'x'.repeat(30)],
  ])('restores %s, and stays equal', (_, text, then) => expectExact(text, then));

  it('takes the offset before an unfinished sequence or character, wherever it is cut', () => {
    const text = bytesOf('ab\x1b[1;31mc\x1b]2;títle\x1b\\d語e\x1bP$qm\x1b\\');
    const whole = new Viewer(SIZE);
    whole.write(text);
    for (let cut = 0; cut <= text.length; cut++) {
      const fold = folded(text.subarray(0, cut));
      expect(fold.offset).toBe(cut);
      const { offset } = fold.checkpoint();
      const viewer = late(fold);
      viewer.write(text.subarray(offset));
      expect(differences(whole, viewer), `cut at ${cut}, offset ${offset}`).toEqual([]);
    }
    expect(folded('ab\x1b[1;3').checkpoint().offset).toBe(2);
    expect(folded('ab\x1b]2;title').checkpoint().offset).toBe(2);
    expect(folded(bytesOf('ab語').subarray(0, 4)).checkpoint().offset).toBe(2);
  });

  it('keeps a size change apart from the sequence that it falls into', () => {
    const whole = new Viewer(SIZE);
    const fold = new ScreenFold(SIZE);
    let seen = '';
    for (const part of ['one\r\ntwo\x1b[\n1;', { cols: 10, rows: 3 }, '31mthree\x1b]2;t\x1b\n[', { cols: 9, rows: 3 }, 'mx']) {
      if (typeof part === 'string') {
        seen += part;
        whole.write(bytesOf(part));
        fold.write(bytesOf(part));
      } else {
        whole.resize(part.cols, part.rows);
        fold.resize(part.cols, part.rows);
      }
      const viewer = late(fold);
      viewer.write(bytesOf(seen.slice(fold.checkpoint().offset)));
      expect(differences(whole, viewer)).toEqual([]);
    }
    expect(fold.checkpoint()).toMatchObject({ cols: 9, rows: 3 });
  });

  it('starts at the offset of its run, and resumes from a checkpoint, unfinished sequences included', () => {
    const fold = new ScreenFold({ ...SIZE, offset: 1000 });
    fold.write(bytesOf('text\x1b[3'));
    const checkpoint = fold.checkpoint();
    expect(checkpoint.offset).toBe(1004);
    const resumed = ScreenFold.resume(checkpoint, { scrollback: SIZE.scrollback });
    expect(resumed.offset).toBe(1004);
    expect(resumed.checkpoint()).toEqual(checkpoint);
    resumed.write(bytesOf('\x1b[3'));
    fold.write(bytesOf('1mx'));
    resumed.write(bytesOf('1mx'));
    expect(resumed.checkpoint()).toEqual(fold.checkpoint());
  });

  it('shows its text without attributes and without what has scrolled off', () => {
    expect(folded('1\r\n2\r\n\x1b[31m3\x1b[m\r\n\r\n語\r\n').checkpoint().text).toBe('3\n\n語');
    expect(folded('behind\x1b[?1049h\x1b[Hin front').checkpoint().text).toBe('in front');
  });

  it('leaves the blinking of the cursor to the viewer until the program chooses', () => {
    const blink = (text: string, before: boolean) => {
      const viewer = new Viewer(SIZE);
      viewer.terminal.options.cursorBlink = before;
      viewer.write(bytesOf(folded(text).checkpoint().serialized));
      return viewer.terminal.options.cursorBlink;
    };
    expect([blink('x', true), blink('x', false)]).toEqual([true, false]);
    expect([blink('\x1b[?12h', false), blink('\x1b[?12h\x1b[?25;12l', true)]).toEqual([true, false]);
  });

  it('resets what a terminal that fell behind is in the middle of, and asks it for nothing', () => {
    const viewer = new Viewer(SIZE);
    const answers: string[] = [];
    viewer.terminal.onData((data) => answers.push(data));
    viewer.write(bytesOf('old\x1b[?1049h\x1b]2;unfinished'));
    viewer.write(bytesOf(folded('\x1b[6n\x1b[c\x1b[?1$p\x1bP$qm\x1b\\new').checkpoint().serialized));
    const whole = new Viewer(SIZE);
    whole.write(bytesOf('\x1b[6n\x1b[c\x1b[?1$p\x1bP$qm\x1b\\new'));
    expect(differences(whole, viewer)).toEqual([]);
    expect(answers).toEqual([]);
  });

  it('admits what it could not carry', () => {
    const torn = new ScreenFold(SIZE);
    torn.write(bytesOf('\x1b[?47h\x1b[1;9H語\x1b[m'));
    torn.resize(9, 4);
    expect(torn.checkpoint().losses).toEqual(['hidden', 'cells']);
    expect(folded('plain').checkpoint().losses).toEqual([]);
  });
});
