import { join } from 'node:path';
import { build } from '../build/build.mjs';
import { endProcesses, runStep, startChild, withMark } from '../lib/children.mjs';
import { BIN, ROOT } from '../lib/paths.mjs';
import { identify, markedProcesses } from '../lib/process-table.mjs';
import { TestServices } from '../test/test-services.mjs';

/** A bench that is asked to stop closes what it started. */
const STOP_MS = 10_000;
const PROGRAM = join(ROOT, 'e2e', 'dist', 'bench', 'main.js');

/** `npm run bench [-- --suite … --rounds N --out FILE]`: builds, brings services of its own, measures, prints tables; `--document FILE` writes a page. */
export async function main({ argv, stop }) {
  const step = (argv, failure) => runStep(process.execPath, argv, { cwd: ROOT, env: process.env, stop, failure });
  await build({ stop });
  await step([join(BIN, 'tsc'), '-b', 'e2e'], 'the bench does not build');
  if (!argv.some((word) => word.startsWith('--document'))) return measure({ argv, stop });
  await step([PROGRAM, ...argv], 'the page was not written');
  await step(
    [join(BIN, 'prettier'), '--log-level', 'warn', '--write', join(ROOT, 'docs', 'benchmarks.md')],
    'the page cannot be formatted',
  );
  return 0;
}

async function measure({ argv, stop }) {
  const services = new TestServices(stop);
  try {
    await services.start();
    const env = withMark(
      { ...process.env, BERTH_TEST_DATABASE_URL: services.postgres.url, BERTH_TEST_REDIS_URL: services.redis.url },
      services.mark,
    );
    const child = startChild(process.execPath, [PROGRAM, ...argv], { cwd: ROOT, env, stdio: 'inherit' });
    try {
      const { code } = await stop.race(child.exited);
      return code ?? 1;
    } finally {
      await endProcesses([child.identity], { graceMs: STOP_MS });
    }
  } finally {
    await endProcesses(markedProcesses(services.mark).map(identify), { graceMs: 1000 });
    await services.end();
  }
}
