import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { GroundTracker } from './ground-tracker.js';
import { openTerminal } from './xterm-core.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Parser states in which an escape ends a string, instead of dropping what there was. */
const ENDED_BY_ESCAPE = [8, 13];

/**
 * What the tracker should answer to each byte, by xterm's own parser: 1 for ground after it; 0 for ground before it, or as good as that because it
 * is an escape that drops an unfinished sequence; else -1.
 */
function answersOfXterm(bytes: Uint8Array): number[] {
  const { terminal, core } = openTerminal({ cols: 10, rows: 2, scrollback: 0 });
  const handler = core._inputHandler as unknown as {
    _utf8Decoder: { interim: Uint8Array };
    _parser: { reset(): void; currentState: number };
  };
  let before = { ground: true, state: 0 };
  const answers = Array.from(bytes, (byte, i) => {
    // xterm joins the halves of some split characters wrongly, so each prefix is parsed from the start.
    handler._parser.reset();
    handler._utf8Decoder.interim.fill(0);
    core._inputHandler.parse(bytes.subarray(0, i + 1));
    const state = handler._parser.currentState;
    const now = { ground: state === 0 && handler._utf8Decoder.interim[0] === 0, state };
    const dropping = byte === 0x1b && before.state !== 0 && !ENDED_BY_ESCAPE.includes(before.state);
    const answer = now.ground ? 1 : before.ground || dropping ? 0 : -1;
    before = now;
    return answer;
  });
  terminal.dispose();
  return answers;
}

function answersOfTracker(bytes: Uint8Array): number[] {
  const tracker = new GroundTracker();
  return Array.from(bytes, (byte) => tracker.push(Uint8Array.of(byte)));
}

const SEQUENCES = [
  'text\r\n\t\x07\x7f',
  '\x1b7\x1b[?1;2;3h\x1b[1 q\x1b[>c\x1b[1:2;3m\x1b[1?2mx\x1b[<1!p',
  '\x1b[\n1\r;\x7f2H\x1b[é1mz\x1b[1?é1mz',
  '\x1b(0\x1b\x7f)B\x1b\n%G\x1b#8\x1b  Fx\x1béx\x1b\x1b[m',
  '\x1b]0;title\x07\x1b]2;é\u{1f600}\x1b\\\x1b]8;;http://x\x1b\\y\x1b]8;;\x18z\x1b]x\x1a',
  '\x1bP1;2$qm\x1b\\\x1bPq#0~é\x1b[m\x1bP1?zz\x1b\\\x1bP $é\x1b\\\x1bP\u00e9x',
  '\x1bXsos\x1b\\\x1b^pm é x\x1b\\\x1b_apc\u0085x\x1b_a\x18',
  '\u009b1m\u009d0;t\u009c\u0090q\u009c\u0098s\u009c\u0085\u0084\u009e\u009f\u0099',
  'a’b–c一\u{20000}\u{1f468}\u200d\u{1f469}e\u0301',
].map(bytesOf);

const MALFORMED = [
  [0xe2, 0x41, 0xe2, 0x80, 0x41, 0xf0, 0x9f, 0x98, 0x1b, 0x5b, 0x6d],
  [0xc0, 0x80, 0xc1, 0xbf, 0x80, 0xbf, 0xff, 0xfe, 0xf8, 0x88, 0x41],
  [0xed, 0xa0, 0x80, 0xef, 0xbb, 0xbf, 0xf4, 0x90, 0x80, 0x80, 0xe0, 0x80, 0x80, 0xc2, 0x9b, 0x31, 0x6d],
  [0x9b, 0x31, 0x6d, 0x1b, 0x5b, 0xc2, 0xc2, 0x9d, 0x30, 0xe2, 0x1b, 0x5c, 0x1b, 0x5d, 0xff, 0x07],
].map((bytes) => Uint8Array.from(bytes));

describe('the ground tracker', () => {
  it.each([...SEQUENCES, ...MALFORMED].map((bytes) => [bytes] as const))('agrees with xterm at each prefix of %j', (bytes) => {
    expect(answersOfTracker(bytes)).toEqual(answersOfXterm(bytes));
  });

  it('agrees with xterm at each prefix of 1,500 random strings of what matters to a parser', () => {
    const alphabet = [0x1b, 0x1b, 0x5b, 0x5d, 0x50, 0x58, 0x5c, 0x07, 0x18, 0x0a, 0x20, 0x24, 0x30, 0x3b, 0x3f, 0x3c, 0x41, 0x6d, 0x7f];
    const high = [0x80, 0x85, 0x90, 0x98, 0x9b, 0x9c, 0x9d, 0xa9, 0xbb, 0xbf, 0xc2, 0xc2, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xff];
    for (let seed = 1; seed <= 1500; seed++) {
      const random = seededRandom(seed);
      const bytes = Uint8Array.from({ length: 24 }, () => random.pick(random.chance(0.7) ? alphabet : high));
      expect(answersOfTracker(bytes), `seed ${seed}`).toEqual(answersOfXterm(bytes));
    }
  });

  it('answers the same however the stream is cut', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const bytes = bytesOf(Array.from({ length: 5 }, () => new TextDecoder().decode(random.pick(SEQUENCES))).join(''));
      const whole = new GroundTracker().push(bytes);
      const tracker = new GroundTracker();
      let ground = 0;
      for (let at = 0; at < bytes.length;) {
        const piece = bytes.subarray(at, at + random.int(1, 9));
        const last = tracker.push(piece);
        if (last >= 0) ground = at + last;
        at += piece.length;
      }
      expect(ground).toBe(whole);
    }
  });
});
