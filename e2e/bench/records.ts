import { appendFileSync, readFileSync } from 'node:fs';
import type { Machine } from './machine.js';
import type { Round } from './report.js';
import type { Sample } from './suite.js';

/** One run of one suite, as lines of JSON keep it: a `begin`, its samples, an `end`. */
export interface SuiteRun {
  suite: string;
  /** ISO date and time of its begin. */
  at: string;
  machine: Machine;
  /** Undefined: it was broken off. */
  seconds?: number;
  rounds: Round[];
}

type Line =
  | { line: 'begin'; suite: string; at: string; machine: Machine }
  | ({ line: 'sample'; suite: string; round: number } & Sample)
  | { line: 'end'; suite: string; seconds: number };

/** Writes a run as it goes on; without a file it writes nothing. */
export class Recorder {
  constructor(
    private readonly suite: string,
    private readonly file: string | undefined,
  ) {}

  begin(machine: Machine): void {
    this.append([{ line: 'begin', suite: this.suite, at: new Date().toISOString(), machine }]);
  }

  round(round: number, samples: readonly Sample[]): void {
    this.append(samples.map((sample) => ({ line: 'sample' as const, suite: this.suite, round, ...sample })));
  }

  end(seconds: number): void {
    this.append([{ line: 'end', suite: this.suite, seconds }]);
  }

  private append(lines: readonly Line[]): void {
    if (this.file !== undefined) appendFileSync(this.file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}

/** The runs in a file, the last whole one of each suite. */
function readRuns(text: string): Map<string, SuiteRun> {
  const begun = new Map<string, SuiteRun>();
  const whole = new Map<string, SuiteRun>();
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const line = JSON.parse(row) as Line;
    const run = begun.get(line.suite);
    if (line.line === 'begin') begun.set(line.suite, { suite: line.suite, at: line.at, machine: line.machine, rounds: [] });
    else if (!run) throw new Error(`a ${line.line} of ${line.suite} without its begin`);
    else if (line.line === 'end') whole.set(line.suite, { ...run, seconds: line.seconds });
    else {
      const { metric, variant, value, round } = line;
      run.rounds[round - 1] = [...(run.rounds[round - 1] ?? []), { metric, variant, value }];
    }
  }
  return whole;
}

export const readRunsOf = (file: string): Map<string, SuiteRun> => readRuns(readFileSync(file, 'utf8'));
