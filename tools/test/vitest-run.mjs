import { join } from 'node:path';
import { endChild, startChild } from '../lib/children.mjs';
import { readJson } from '../lib/files.mjs';
import { BIN, ROOT } from '../lib/paths.mjs';
import { countReport, failureLines } from './counts.mjs';

const NOTHING = { passed: 0, failed: 0, skipped: 0 };

/**
 * Runs some vitest projects and shows their output. Answers `{ counts, failures, broken }`: `failures` are lines to print; `broken` says that the run failed in a way that no count shows
 * (an unhandled error, a crash). No file for the filters is not an error here: another group may have it.
 */
export async function runVitest({ projects, workers, filters, env, stop, reportFile }) {
  const args = [
    join(BIN, 'vitest'),
    'run',
    ...projects.flatMap((name) => ['--project', name]),
    `--maxWorkers=${workers}`,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...filters,
  ];
  const child = startChild(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    const { code } = await stop.race(child.exited);
    const report = readJson(reportFile);
    const counts = report ? countReport(report) : NOTHING;
    const failures = report ? failureLines(report) : [];
    return { counts, failures, broken: (code !== 0 && counts.failed === 0) || (!report && code !== 0) };
  } finally {
    await endChild(child, { graceMs: 5000, hurry: stop.hurry });
  }
}
