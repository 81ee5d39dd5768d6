import { parseArgs } from 'node:util';
import { SUITES } from './suites/index.js';

export interface BenchOptions {
  suites: string[];
  /** Undefined: as many as each suite wants. */
  rounds: number | undefined;
  /** File to which every sample is appended as a line of JSON. */
  out: string | undefined;
  /** Such a file, of which docs/benchmarks.md is to be made; nothing is measured then. */
  document: string | undefined;
}

const USAGE = `usage: npm run bench -- [--suite ${Object.keys(SUITES).join(',')}] [--rounds N] [--out samples.jsonl]
       npm run bench -- --document samples.jsonl`;

/** Reads the command line; throws with the usage. */
export function readOptions(args: string[]): BenchOptions {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({ args, options: { suite: string, rounds: string, out: string, document: string } });
  const suites = values.suite?.split(',').map((name) => name.trim()) ?? Object.keys(SUITES);
  const unknown = suites.filter((name) => !(name in SUITES));
  if (unknown.length > 0) throw new Error(`there is no suite ${unknown.join(', ')}; ${USAGE}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new Error(`--rounds must be a whole number above 0; ${USAGE}`);
  return { suites, rounds, out: values.out, document: values.document };
}
