import { join } from 'node:path';
import { build } from '../build/build.mjs';
import { endProcesses, runStep, startChild, withMark } from '../lib/children.mjs';
import { BIN, ROOT } from '../lib/paths.mjs';
import { identify, markedProcesses } from '../lib/process-table.mjs';
import { TestServices } from '../test/test-services.mjs';

/** A bench that is asked to stop closes what it started. */
const STOP_MS = 10_000;

/** `npm run bench [-- --suite … --rounds N --out FILE]`: builds, brings services of its own, measures, prints tables. */
export async function main({ argv, stop }) {
  const services = new TestServices(stop);
  try {
    await build({ stop });
    await runStep(process.execPath, [join(BIN, 'tsc'), '-b', 'e2e'], {
      cwd: ROOT,
      env: process.env,
      stop,
      failure: 'the bench does not build',
    });
    await services.start();
    const env = withMark(
      { ...process.env, BERTH_TEST_DATABASE_URL: services.postgres.url, BERTH_TEST_REDIS_URL: services.redis.url },
      services.mark,
    );
    const child = startChild(process.execPath, [join(ROOT, 'e2e', 'dist', 'bench', 'main.js'), ...argv], {
      cwd: ROOT,
      env,
      stdio: 'inherit',
    });
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
