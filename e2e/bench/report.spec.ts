import { expect, it } from 'vitest';
import { ratioOf, ratioTable, valueTable } from './report.js';
import { atMost } from './suite.js';

const round = (berth: number, other: number) => [
  { metric: 'µs', variant: 'berth', value: berth },
  { metric: 'µs', variant: 'other', value: other },
];
const ratio = { title: 'berth / other', metric: 'µs', of: 'berth', to: 'other', goal: atMost(2, 1) };

it('takes the ratio within each round, then its quartiles', () => {
  expect(ratioOf(ratio, [round(1, 1), round(300, 100), round(4, 2)])).toEqual({ q25: 1.5, median: 2, q75: 2.5 });
});

it('says absent where a peer is not on this machine, and misses nothing for it', () => {
  const { text, missed } = ratioTable([{ ...ratio, to: 'nobody' }], [round(1, 1)]);
  expect(text).toContain('| berth / other | absent | ≤ 2 | ≤ 1 |  |');
  expect(missed).toBe(0);
});

it('counts a goal that must hold and does not', () => {
  const { text, missed } = ratioTable([ratio], [round(5, 2), round(5, 2)]);
  expect(text).toContain('| berth / other | 2.50 (2.50-2.50) | ≤ 2 | ≤ 1 | missed |');
  expect(missed).toBe(1);
  expect(valueTable([round(5, 2)])).toContain('| µs | berth | 5 (5-5) |');
});

it('takes a value as it is where nothing is compared', () => {
  expect(ratioOf({ title: 'growth', metric: 'µs', of: 'berth' }, [round(7, 2)])).toEqual({ q25: 7, median: 7, q75: 7 });
});
