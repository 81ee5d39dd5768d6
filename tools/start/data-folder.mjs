import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { keepSecret, readJson } from '../lib/files.mjs';
import { tryLock } from '../lib/lock.mjs';
import { markOf } from '../lib/paths.mjs';
import { isAlive } from '../lib/process-table.mjs';
import { say } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';

/** How long an earlier start, already on its way out, may take before we give up on it. */
const EARLIER_STOP_MS = 60_000;

/** The folder that holds everything that survives a start, and the paths in it. */
export function openDataFolder(path) {
  try {
    // Others may pass through (Postgres runs as another user when we are root); what is inside is closed to them.
    mkdirSync(path, { recursive: true, mode: 0o711 });
    mkdirSync(join(path, 'logs'), { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ToolError(`cannot use the data folder ${path} (${error.code}): set BERTH_DATA_DIR to a folder that you may write to`);
  }
  const folder = realpathSync(path);
  return {
    folder,
    mark: markOf('data', folder),
    runFile: join(folder, 'run.json'),
    postgres: join(folder, 'postgres'),
    redis: join(folder, 'redis'),
    log: (name) => join(folder, 'logs', `${name}.log`),
    secret: (name) => keepSecret(join(folder, 'secrets', name)),
  };
}

/** Takes the folder for this start, or ends it with one line when another start has it. Answers the lock. */
export async function takeDataFolder(data, { stop, address }) {
  const end = Date.now() + EARLIER_STOP_MS;
  let told = false;
  for (;;) {
    const lock = tryLock(join(data.folder, 'start.lock'), { guards: stop.guards, address });
    if (lock.release) return lock;
    const { holder } = lock;
    const stopping = readJson(data.runFile)?.stopping || (holder.guards ?? []).some((guard) => !isAlive(guard));
    if (!stopping || Date.now() > end) {
      throw new ToolError(
        `already running with the data in ${data.folder} (pid ${holder.process.pid}, ${holder.address}): stop that one, or set BERTH_DATA_DIR and PORT for a second`,
      );
    }
    if (!told) say('start', `the earlier start (pid ${holder.process.pid}) is stopping: waiting for it`);
    told = true;
    await stop.sleep(100);
  }
}
