import { appendFileSync } from 'node:fs';
import { machineLine, ratioTable, valueTable } from './report.js';
import type { Round } from './report.js';
import { thisMachine } from './machine.js';
import { readOptions } from './options.js';
import { SUITES } from './suites/index.js';

const say = (text: string): void => void process.stderr.write(`bench      ${text}\n`);

async function runSuite(name: string, wanted: number | undefined, record: (line: object) => void): Promise<number> {
  const found = SUITES[name];
  if (!found) throw new Error(`there is no suite ${name}`);
  const total = wanted ?? found.rounds;
  say(`${name}: starting what is compared`);
  const suite = await found.prepare({ ttyd: process.env['BENCH_TTYD'], say: (text) => say(`${name}: ${text}`) });
  const rounds: Round[] = [];
  try {
    for (let round = 1; round <= total; round += 1) {
      say(`${name}: round ${round} of ${total}`);
      const samples = await suite.round();
      rounds.push(samples);
      for (const sample of samples) record({ suite: name, round, ...sample });
    }
  } finally {
    await suite.close();
  }
  const { text, missed } = ratioTable(suite.ratios, rounds);
  process.stdout.write(`\n## ${name}, ${total} rounds\n\n${text}\n\n${valueTable(rounds)}\n`);
  return missed;
}

const options = readOptions(process.argv.slice(2));
const machine = thisMachine();
const record = (line: object): void => {
  if (options.out !== undefined)
    appendFileSync(options.out, `${JSON.stringify({ commit: machine.commit, at: new Date().toISOString(), ...line })}\n`);
};
process.stdout.write(`${machineLine(machine)}\n`);
let missed = 0;
for (const name of options.suites) missed += await runSuite(name, options.rounds, record);
process.stdout.write(
  `\n${missed === 0 ? 'every goal that must hold was reached, or has no verdict' : `${missed} goals that must hold were missed`}\n`,
);
process.exit(missed === 0 ? 0 : 1);
