import { seededRandom } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { ScreenFold } from './screen-fold.js';
import { recordings } from './testing/recordings.js';
import { differences, Viewer } from './testing/terminal-state.js';

const SIZE = { cols: 80, rows: 24, scrollback: 1000 };
const CUTS = 40;

/** What a program may write once the recording is over: enough to scroll, wrap, restore and resize everything. */
const AFTERWARDS = new TextEncoder().encode(
  `\x1b8\u0301x\t${'more output \u8a9e '.repeat(400)}\x1b[?1049l\x1b8y\r\n${'line\r\n'.repeat(100)}`,
);

describe('a checkpoint taken anywhere in what real programs write', () => {
  const made = { name: 'what comes afterwards', bytes: () => Promise.resolve(AFTERWARDS) };

  it.each([made, ...recordings()].map(({ name, bytes }) => [name, bytes] as const))('is exact: %s', async (_, record) => {
    const bytes = await record();
    expect(bytes.length).toBeGreaterThan(500);
    const random = seededRandom(bytes.length);
    for (let i = 0; i < CUTS; i++) {
      const cut = random.int(0, bytes.length);
      const fold = new ScreenFold(SIZE);
      const whole = new Viewer(SIZE);
      fold.write(bytes.subarray(0, cut));
      whole.write(bytes.subarray(0, cut));
      const { offset, serialized, losses } = fold.checkpoint();
      fold.dispose();
      expect(losses).toEqual([]);
      const late = new Viewer(SIZE);
      late.write(new TextEncoder().encode(serialized));
      late.write(bytes.subarray(offset, cut));
      expect(differences(whole, late), `cut at ${cut} of ${bytes.length}`).toEqual([]);
      for (const viewer of [whole, late]) {
        viewer.write(bytes.subarray(cut));
        viewer.write(AFTERWARDS);
        viewer.resize(100, 30);
      }
      expect(differences(whole, late), `after a cut at ${cut} of ${bytes.length}`).toEqual([]);
      for (const viewer of [whole, late]) viewer.terminal.dispose();
    }
  });
});
