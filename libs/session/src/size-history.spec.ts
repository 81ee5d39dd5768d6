import { seededRandom } from '@berth/testing';
import { expect, it } from 'vitest';
import { MARKS_IN_RING } from './limits.js';
import type { SizeMark } from './ports.js';
import { MARKS_KEPT, sequenceBase } from './ports.js';
import { SizeHistory } from './size-history.js';

const START = { cols: 80, rows: 24 };
const size = (cols: number) => ({ cols, rows: 24 });
const history = () => new SizeHistory({ base: 100, epoch: 2 }, START);

/** All changes behind a place, one after the other. */
function walk(sizes: SizeHistory, offset: number, sequence = 0): SizeMark[] {
  const marks: SizeMark[] = [];
  for (let mark = sizes.next({ offset, sequence }); mark; mark = sizes.next(mark)) marks.push(mark);
  return marks;
}

it('knows every change at its place, also several at one offset', () => {
  const sizes = history();
  expect([sizes.at({ offset: 100, sequence: 0 }), sizes.next({ offset: 0, sequence: 0 })]).toEqual([START, undefined]);
  sizes.add(100, size(90));
  sizes.add(100, size(80));
  sizes.add(150, size(120));
  expect(walk(sizes, 100).map(({ offset, sequence, before, cols }) => [offset, sequence - sequenceBase(2), before.cols, cols])).toEqual([
    [100, 1, 80, 90],
    [100, 2, 90, 80],
    [150, 1, 80, 120],
  ]);
  expect(sizes.at({ offset: 100, sequence: sequenceBase(2) + 1 })).toEqual(size(90));
  expect([sizes.at({ offset: 149, sequence: 0 }), sizes.at({ offset: 151, sequence: 0 })]).toEqual([size(80), size(120)]);
  expect(sizes.size).toEqual(size(120));
});

it('agrees with a plain list, whatever is trimmed', () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = seededRandom(seed);
    const sizes = history();
    let all: SizeMark[] = [];
    let end = 100;
    for (let i = 0; i < 200; i++) {
      if (random.chance(0.5)) end += random.int(0, 20);
      else all.push(sizes.add(end, size(random.int(2, 300))));
      if (random.chance(0.1)) {
        const from = random.int(sizes.start, end);
        sizes.trim(from);
        expect(sizes.start).toBe(from);
        all = all.filter(({ offset }) => offset >= from);
      }
      const offset = random.int(sizes.start, end);
      const behind = all.filter((mark) => mark.offset > offset || (mark.offset === offset && mark.sequence > 0));
      expect(walk(sizes, offset).slice(-MARKS_KEPT)).toEqual(behind.slice(-MARKS_KEPT));
      expect(sizes.at({ offset, sequence: 0 })).toEqual(walk(sizes, offset)[0]?.before ?? sizes.size);
    }
  }
});

it('stays small in a storm, without output and with little of it', () => {
  const sizes = history();
  for (let i = 0; i < 1_000; i++) sizes.add(100, size(100 + i));
  expect(walk(sizes, 100).map(({ cols }) => cols)).toEqual(Array.from({ length: MARKS_KEPT }, (_, i) => 1_100 - MARKS_KEPT + i));
  expect(sizes.start).toBe(100);
  for (let i = 0; i < 2 * MARKS_IN_RING; i++) sizes.add(101 + i, size(100 + (i % 7)));
  const kept = walk(sizes, 0);
  expect(kept.length).toBeLessThanOrEqual(MARKS_IN_RING);
  // Where it begins, it knows the size and everything behind it.
  expect(sizes.start).toBe(101 + MARKS_IN_RING);
  expect(kept[0]).toMatchObject({ offset: sizes.start });
});
