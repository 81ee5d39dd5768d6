import { describe, expect, it } from 'vitest';
import { ModeTracker } from './mode-tracker.js';

const shown = (...chunks: string[]): ModeTracker => {
  const tracker = new ModeTracker();
  for (const chunk of chunks) tracker.feed(Buffer.from(chunk, 'latin1'));
  return tracker;
};
const restoring = (...chunks: string[]): string =>
  shown(...chunks)
    .restoring()
    .replaceAll('\u001b', 'E');

describe('what a program leaves behind', () => {
  it('is nothing, and nothing is written, when it set nothing or undid it', () => {
    for (const text of [
      '',
      'hello\r\n',
      '\u001b[31mred\u001b[m',
      '\u001b[?1049h\u001b[?25l…\u001b[?25h\u001b[?1049l',
      '\u001b[>1u\u001b[<u',
      '\u001b=\u001b>',
    ])
      expect(restoring(text), JSON.stringify(text)).toBe('');
    expect(restoring('\u001b[?1000;1006;2004h\u001b[2;5r\u001b[4h', '\u001b[?1000;1006;2004l\u001b[r\u001b[4l')).toBe('');
    expect(restoring('\u001b]11;#000\u0007\u001b]111\u0007\u001b]8;;http://x\u0007x\u001b]8;;\u0007\u001b[4 q\u001b[0 q')).toBe('');
  });

  it.each([
    ['\u001b[?25l', 'E[?25h'],
    ['\u001b[?7l', 'E[?7h'],
    ['\u001b[?1049h', 'E[?1049l'],
    ['\u001b[?47h', 'E[?47l'],
    ['\u001b[?1000;1006h', 'E[?1000lE[?1006l'],
    ['\u001b[?2004h', 'E[?2004l'],
    ['\u001b[?1h\u001b=', 'E[?1lE>'],
    ['\u001b[>1u\u001b[>5u', 'E[<2u'],
    ['\u001b[=5u', 'E[=0u'],
    ['\u001b[>1u\u001b[=5;1u', 'E[<1u'],
    ['\u001b[>4;2m', 'E[>4m'],
    ['\u001b[1;31m', 'E[m'],
    ['\u001b[5 q', 'E[0 q'],
    ['\u001b[2;9r', 'E7E[?6lE[rE8'],
    ['\u001b[?6h', 'E7E[?6lE[rE8'],
    ['\u001b(0', '\u000fE(B'],
    ['\u001b]11;#123\u0007', 'E]111E\\'],
    ['\u001b]8;;http://x\u0007', 'E]8;;E\\'],
    ['\u001b[3g', 'E[?5W'],
  ])('%j is undone by %j', (left, undone) => {
    expect(restoring(left)).toBe(undone);
  });

  it('the keyboard of each screen is undone on that screen', () => {
    expect(restoring('\u001b[>1u\u001b[?1049h\u001b[>3u\u001b[>7u')).toBe('E[<2uE[?1049lE[<1u');
  });

  it('what is under way is cut off first; held updates are shown', () => {
    expect(restoring('\u001b[?25l\u001b]2;never ends')).toBe('\u0018E[?25h');
    expect(restoring('\u001b[?2026h\u001b[?25l')).toBe('E[?2026lE[?25h');
  });

  it('what is asked for is no change: queries are counted instead', () => {
    const tracker = shown('\u001b[c\u001b[6n\u001b]11;?\u0007\u001b[?2026$p\u001b[>q\u001b[?u\u001bP+q544e\u001b\\\u001b[14t\u001b[5n');
    expect(tracker.restoring()).toBe('');
    expect(tracker.queries).toBe(9);
    expect(shown('\u001b[31m\u001b[H\u001b[2J\u001b[?1u\u001b[22;0t\u001b[>4;1m').queries).toBe(0);
  });

  it('a reset leaves a new terminal', () => {
    expect(restoring('\u001b[?1049h\u001b[?1000h\u001b[>1u\u001b[31m\u001bc')).toBe('');
    expect(restoring('\u001b[?25l\u001b[?1000h\u001b[!p')).toBe('E[?1000l');
  });

  it('undone and set again it is the same', () => {
    const tracker = shown('\u001b[?1049h\u001b[>1u\u001b[?1000h\u001b[?1006h\u001b[?25l\u001b[2;5r\u001b=\u001b[>4;2m\u001b[4h');
    const again = shown(tracker.reapplying());
    expect(again.restoring()).toBe(tracker.restoring());
    expect(shown(tracker.reapplying(), tracker.restoring()).restoring()).toBe('');
  });

  it('the title is the program’s last', () => {
    expect(shown('\u001b]0;one\u0007\u001b]2;two; three\u001b\\').title).toBe('two; three');
  });
});
