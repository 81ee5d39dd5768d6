import { closeSync, mkdirSync, openSync } from 'node:fs';
import { startChild, withMark } from '../lib/children.mjs';
import { freePorts } from '../lib/ports.mjs';
import { say } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';
import { tailOf } from './log-tail.mjs';
import { waitUntilAnswering } from './redis-client.mjs';
import { findRedis } from './redis-program.mjs';

const HOST = '127.0.0.1';
const START_ATTEMPTS = 5;

/** Given on stdin: a password on the command line could be read by everybody on the machine. */
function configuration({ folder, port, password, throwAway }) {
  return [
    `bind ${HOST}`,
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir "${folder}"`,
    'daemonize no',
    'save ""',
    `appendonly ${throwAway ? 'no' : 'yes'}`,
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

/**
 * An own Redis with its data in `folder`: loopback, password, nothing evicted. Answers once it has loaded its data.
 * @returns {Promise<{ child: object, port: number, url: string, start(): Promise<void> }>} `start()` starts it again after it died, same port
 */
export async function startRedis({ folder, logFile, password, mark, stop, throwAway = false, onChild }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  say('redis', 'starting');
  const program = await findRedis(stop, mark);
  const env = withMark({ PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', ...program.env }, mark);
  const service = { child: undefined, port: undefined, url: undefined, start };

  function launch(port) {
    const log = openSync(logFile, 'a', 0o600);
    const child = startChild(program.file, ['-'], { cwd: folder, env, stdio: ['pipe', log, log] });
    closeSync(log);
    child.process.stdin?.on('error', () => {});
    child.process.stdin?.end(configuration({ folder, port, password, throwAway }));
    return child;
  }

  async function start() {
    for (let attempt = 1; ; attempt++) {
      stop.throwIfRequested();
      const port = service.port ?? (await freePorts(HOST));
      const url = `redis://default:${password}@${HOST}:${port}`;
      service.child = launch(port);
      onChild(service.child, port);
      if (await waitUntilAnswering(url, service.child, stop)) {
        Object.assign(service, { port, url });
        return;
      }
      if (attempt === START_ATTEMPTS) throw new ToolError(`Redis does not start; the end of ${logFile}:`, { detail: tailOf(logFile, 15) });
      await stop.sleep(500);
    }
  }

  await start();
  say('redis', `ready on ${HOST}:${service.port}`);
  return service;
}
