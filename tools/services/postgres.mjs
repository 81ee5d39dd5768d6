import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, withMark } from '../lib/children.mjs';
import { freePorts } from '../lib/ports.mjs';
import { say } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';
import { createDatabase, waitUntilServing } from './postgres-client.mjs';
import { dataFolderArgument, ensureCluster } from './postgres-data.mjs';
import { postgresPrograms } from './postgres-programs.mjs';
import { tailOf } from './log-tail.mjs';

const HOST = '127.0.0.1';
const DATABASE = 'berth_local';
const USER = 'berth';
/** A killed postmaster's last children can hold its shared memory for a moment. */
const START_ATTEMPTS = 5;

/** For data that nobody keeps: a test's Postgres answers sooner without waiting for the disk. */
const THROW_AWAY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

const SETTINGS = [
  `listen_addresses=${HOST}`,
  'unix_socket_directories=',
  'max_connections=300',
  // A failing statement may carry a secret: it stays out of the log.
  'log_min_error_statement=panic',
  'log_timezone=UTC',
];

/**
 * An own Postgres in `folder`: loopback, scram, its log in `logFile`. Answers once it serves queries and its database exists.
 * @returns {Promise<{ child: object, port: number, url: string, start(): Promise<void> }>} `start()` starts it again after it died, same port
 */
export async function startPostgres({ folder, logFile, password, mark, stop, throwAway = false, onChild }) {
  say('postgres', 'starting');
  const programs = postgresPrograms();
  const env = withMark({ PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }, mark);
  await ensureCluster({ folder, programs, password, env, stop, syncToDisk: !throwAway });
  const settings = [...SETTINGS, ...(throwAway ? THROW_AWAY : [])].flatMap((setting) => ['-c', setting]);

  const service = { child: undefined, port: undefined, url: undefined, start };
  function launch(port) {
    const log = openSync(logFile, 'a', 0o600);
    const data = dataFolderArgument(folder, programs.owner);
    const child = startChild(join(programs.bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
      cwd: folder,
      env,
      uid: programs.owner?.uid,
      gid: programs.owner?.gid,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return child;
  }

  async function start() {
    for (let attempt = 1; ; attempt++) {
      stop.throwIfRequested();
      const port = service.port ?? (await freePorts(HOST));
      const url = `postgres://${USER}:${password}@${HOST}:${port}/${DATABASE}`;
      service.child = launch(port);
      onChild(service.child, port);
      if (await waitUntilServing(new URL('/postgres', url).href, service.child, stop)) {
        Object.assign(service, { port, url });
        return;
      }
      if (attempt === START_ATTEMPTS)
        throw new ToolError(`Postgres does not start; the end of ${logFile}:`, { detail: tailOf(logFile, 15) });
      await stop.sleep(500);
    }
  }

  await start();
  await createDatabase(service.url, DATABASE);
  say('postgres', `ready on ${HOST}:${service.port}`);
  return service;
}
