import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../harness/paths.js';
import { benchmarksDocument } from './document.js';
import { thisMachine } from './machine.js';
import { readOptions } from './options.js';
import { readRunsOf, Recorder } from './records.js';
import { machineLine, ratioTable, valueTable } from './report.js';
import type { Round } from './report.js';
import type { Suite } from './suite.js';
import { SUITES } from './suites/index.js';

const options = readOptions(process.argv.slice(2));
const say = (text: string): void => void process.stderr.write(`bench      ${text}\n`);

async function measure(name: string, suite: Suite): Promise<number> {
  const total = options.rounds ?? suite.rounds;
  const machine = thisMachine();
  const recorder = new Recorder(name, options.out);
  const began = performance.now();
  say(`${name}: starting what is compared`);
  const prepared = await suite.prepare({ ttyd: process.env['BENCH_TTYD'], say: (text) => say(`${name}: ${text}`) });
  recorder.begin(machine);
  const rounds: Round[] = [];
  try {
    for (let round = 1; round <= total; round += 1) {
      say(`${name}: round ${round} of ${total}`);
      const samples = await prepared.round();
      rounds.push(samples);
      recorder.round(round, samples);
    }
  } finally {
    await prepared.close();
  }
  const seconds = Math.round((performance.now() - began) / 1_000);
  recorder.end(seconds);
  const { text, missed } = ratioTable(suite.ratios, rounds);
  process.stdout.write(`\n## ${name}, ${total} rounds, ${seconds} s\n\n${machineLine(machine)}\n\n${text}\n\n${valueTable(rounds)}\n`);
  return missed;
}

async function measureAll(): Promise<number> {
  let missed = 0;
  for (const [name, suite] of Object.entries(SUITES)) if (options.suites.includes(name)) missed += await measure(name, suite);
  const all = missed === 0 ? 'every goal that must hold was reached, or has no verdict' : `${missed} goals that must hold were missed`;
  process.stdout.write(`\n${all}\n`);
  return missed === 0 ? 0 : 1;
}

function writeDocument(samples: string): number {
  const file = join(ROOT, 'docs', 'benchmarks.md');
  writeFileSync(file, benchmarksDocument(readRunsOf(samples), SUITES));
  say(`${file} is written`);
  return 0;
}

process.exit(options.document === undefined ? await measureAll() : writeDocument(options.document));
