import { join } from 'node:path';
import { endProcesses, runStep, withMark } from '../lib/children.mjs';
import { withLock } from '../lib/lock.mjs';
import { BIN, markOf, ROOT } from '../lib/paths.mjs';
import { identify, markedProcesses } from '../lib/process-table.mjs';
import { withoutSecrets } from '../lib/secrets.mjs';
import { say } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';

const MARK = markOf('build', ROOT);

/** The output of failed tasks alone; Nx surrounds it with lists of those that went well. */
export function whatFailed(output) {
  let failed = false;
  const lines = output.split('\n').filter((line) => {
    if (line.startsWith('> nx run ')) failed = true;
    else if (/^\s*(✔|NX )/.test(line)) failed = false;
    return failed && line.trim();
  });
  return lines.join('\n');
}

/** Builds every library and app whose inputs changed since their cached build; two builds of this checkout take turns. */
export async function build({ stop, marks = [] }) {
  const onWait = () => say('build', 'another build of this checkout is running: waiting for it');
  await withLock(join(ROOT, '.nx', 'build.lock'), { stop, onWait }, async () => {
    // We hold the lock: a compiler that still runs belongs to a start that was killed.
    await endProcesses(markedProcesses(MARK).map(identify), { graceMs: 3000 });
    say('build', 'building what changed');
    const began = Date.now();
    const env = withMark({ ...withoutSecrets(process.env), NX_TUI: 'false', NX_DAEMON: 'false', NO_COLOR: '1' }, MARK, ...marks);
    try {
      await runStep(process.execPath, [join(BIN, 'nx'), 'run-many', '-t', 'build'], {
        cwd: ROOT,
        env,
        stop,
        failure: 'the build failed',
        detailLines: 500,
      });
    } catch (error) {
      if (error instanceof ToolError) error.detail = whatFailed(error.detail) || error.detail;
      throw error;
    }
    say('build', `done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  });
}
