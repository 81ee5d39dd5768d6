import { existsSync, realpathSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { startChild, endChild } from './lib/children.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { BIN, pathWithBin } from './lib/paths.mjs';
import { identify, parents } from './lib/process-table.mjs';
import { say, sayError } from './lib/say.mjs';
import { Stop } from './lib/stop.mjs';
import { Stopped, ToolError } from './lib/tool-error.mjs';

const NODE_NEEDED = 24;
/** How long a re-executed command may take to stop in order before it is killed. */
const STOP_MS = 60_000;
const REEXEC = 'BERTH_REEXEC';

/*
 * Everything that this file imports runs on the system's Node 20 before any package is installed: Node's own modules only.
 * What needs packages is imported after the install, under Node 24.
 */

/**
 * Installs packages if needed, then runs `main({ argv, stop })` of the module at `entry` under Node 24 and exits with its answer.
 * @param {URL} entry @param {{ stoppedMeansDone?: boolean }} [options] stoppedMeansDone: stopping is how this command ends well (exit 0)
 */
export async function bootstrap(entry, { stoppedMeansDone = false } = {}) {
  const above = JSON.parse(process.env[REEXEC] ?? '[]');
  delete process.env[REEXEC];
  // npm dies of SIGKILL and some other signals without telling us; started by hand we may outlive our shell.
  const stop = new Stop([...above, ...(above.length > 0 || process.env.npm_lifecycle_event ? parents() : [])]);
  process.env.PATH = pathWithBin();
  process.env.HOME ||= homeFolder();
  let crashed = false;
  // An error that nobody waits for must still end everything in order.
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) => {
      crashed = true;
      sayBug(error);
      stop.request(1, 'a bug');
    });
  }
  const code = await codeOf(stop, stoppedMeansDone, () => run(entry, stop));
  process.exit(crashed ? 1 : code);
}

/** Programs keep caches at home: without one they would litter the checkout. */
function homeFolder() {
  try {
    return userInfo().homedir;
  } catch {
    return tmpdir();
  }
}

async function run(entry, stop) {
  const ranOn = process.execPath;
  await ensureInstalled(stop);
  if (Number(process.versions.node.split('.')[0]) >= NODE_NEEDED && existsSync(ranOn)) {
    const { main } = await import(entry.href);
    return main({ argv: process.argv.slice(2), stop });
  }
  return again(stop);
}

/** Runs this same command once more, under the packaged Node, handing signals on; a spawnSync would be deaf to them. */
async function again(stop) {
  const node = join(BIN, 'node');
  if (!existsSync(node)) {
    throw new ToolError(
      `Node ${NODE_NEEDED} or newer is needed; this is ${process.version}, and no packaged Node exists for ${process.platform}-${process.arch}`,
    );
  }
  const child = startChild(realpathSync(node), process.argv.slice(1), {
    env: { ...process.env, [REEXEC]: JSON.stringify([...stop.guards, identify(process.pid)]) },
    stdio: ['inherit', 'inherit', 'inherit'],
  });
  stop.signal.addEventListener('abort', () => child.process.kill('SIGTERM'), { once: true });
  stop.hurry.addEventListener('abort', () => child.process.kill('SIGTERM'), { once: true });
  const watchdog = stop.requested.then(() => new Promise((resolve) => setTimeout(resolve, STOP_MS).unref()));
  const result = await Promise.race([child.exited, watchdog.then(() => undefined)]);
  if (result?.error) throw new ToolError(`cannot run the packaged Node: ${result.error.message}`);
  if (!result) await endChild(child, { graceMs: 0 });
  return result?.code ?? 1;
}

async function codeOf(stop, stoppedMeansDone, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Stopped) {
      if (stoppedMeansDone) say('stop', `stopped (${stop.reason})`);
      return stoppedMeansDone ? 0 : stop.exitCode;
    }
    if (error instanceof ToolError) {
      sayError(error.message, error.detail);
      return error.exitCode;
    }
    sayBug(error);
    return 1;
  }
}

function sayBug(error) {
  sayError('this is a bug in Berth', error instanceof Error ? error.stack : String(error));
}
