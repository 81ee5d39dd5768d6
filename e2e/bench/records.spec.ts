import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { benchmarksDocument } from './document.js';
import { readRunsOf, Recorder } from './records.js';
import { atMost } from './suite.js';

const machine = { commit: 'abc1234', cpu: 'a processor', cores: 2, memoryGiB: 4, kernel: '6.1', node: 'v24', load: 0.25 };
const sample = (variant: string, value: number) => ({ metric: 'µs', variant, value });

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-records-'));
  file = join(folder, 'samples.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

function record(suite: string, rounds: number[], { ends = true } = {}): void {
  const recorder = new Recorder(suite, file);
  recorder.begin(machine);
  for (const [index, value] of rounds.entries()) recorder.round(index + 1, [sample('berth', value), sample('other', 10)]);
  if (ends) recorder.end(7);
}

it('keeps the last whole run of each suite', () => {
  record('echo', [10]);
  record('stall', [1]);
  record('echo', [20, 40]);
  record('echo', [99], { ends: false });
  const runs = readRunsOf(file);
  expect([...runs.keys()]).toEqual(['echo', 'stall']);
  expect(runs.get('echo')).toMatchObject({
    machine,
    seconds: 7,
    rounds: [
      [sample('berth', 20), sample('other', 10)],
      [sample('berth', 40), sample('other', 10)],
    ],
  });
});

it('refuses samples that belong to no run', () => {
  new Recorder('echo', file).round(1, [sample('berth', 1)]);
  expect(() => readRunsOf(file)).toThrow('a sample of echo without its begin');
});

it('writes nothing without a file', () => {
  const recorder = new Recorder('echo', undefined);
  recorder.begin(machine);
  expect(() => readFileSync(file)).toThrow();
});

it('makes a page that says where, when and whether the goals were reached', () => {
  record('echo', [20, 20]);
  const ratios = [{ title: 'berth / other', metric: 'µs', of: 'berth', to: 'other', goal: atMost(1.5, 1) }];
  const page = benchmarksDocument(readRunsOf(file), {
    echo: { about: 'Keys.', rounds: 2, ratios, prepare: () => Promise.reject(new Error()) },
  });
  expect(page).toContain('1 goal that must hold was missed.');
  expect(page).toContain('| berth / other | 2 (2-2) | ≤ 1.5 | ≤ 1 | missed |');
  expect(page).toContain('Keys.');
  expect(page).toContain('commit abc1234; 2 × a processor, 4 GiB, Linux 6.1, Node v24; load before 0.25');
});
