import { join } from 'node:path';
import { build } from '../build/build.mjs';
import { endProcesses, runStep } from '../lib/children.mjs';
import { ROOT } from '../lib/paths.mjs';
import { freePorts, whyNotListen } from '../lib/ports.mjs';
import { identify, markedProcesses } from '../lib/process-table.mjs';
import { say } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';
import { announce } from './announce.mjs';
import { App } from './app.mjs';
import { appEnvironments, gatewayAddress } from './app-environment.mjs';
import { openDataFolder, takeDataFolder } from './data-folder.mjs';
import { endLeftovers } from './leftovers.mjs';
import { readOptions } from './options.mjs';
import { waitUntilReady } from './ready.mjs';
import { RunFile } from './run-file.mjs';
import { Services } from './services.mjs';
import { watchSources } from './watch.mjs';

/** Draining workers record their sessions' ends; draining gateways finish their requests. */
const DRAIN_MS = 15_000;

/** `npm start`: everything that a running Berth needs, until a signal; see the README for its promises. */
export async function main({ argv, stop }) {
  const options = readOptions(argv, process.env);
  const data = openDataFolder(options.dataFolder);
  const lock = await takeDataFolder(data, { stop, address: gatewayAddress(options) });
  const running = { apps: [], services: undefined, run: new RunFile(data.runFile) };
  try {
    await endLeftovers(data);
    await choosePorts(options);
    await startAll({ options, data, stop, running });
    await stop.requested;
    return 0;
  } finally {
    await endAll(running, data, stop);
    lock.release();
  }
}

async function choosePorts(options) {
  if (options.port === 0) options.port = await freePorts(options.host, options.gateways);
  for (let index = 0; index < options.gateways; index++) {
    const port = options.port + index;
    const reason = await whyNotListen(options.host, port);
    if (reason === 'EADDRINUSE')
      throw new ToolError(`port ${port} on ${options.host} is in use by another program: set PORT to a free one`);
    if (reason) throw new ToolError(`cannot listen on ${options.host}:${port} (${reason}): set HOST and PORT`);
  }
}

async function startAll({ options, data, stop, running }) {
  const { run } = running;
  running.services = new Services({ data, options, run, stop });
  await running.services.requireGiven();
  const urls = await running.services.start();
  await build({ stop, marks: [data.mark] });

  const secret = process.env.BERTH_SECRET || data.secret('berth');
  const envs = appEnvironments({ env: process.env, options, secret, ...urls, mark: data.mark, folder: data.folder });
  say('migrate', 'bringing the database schema up to date');
  await runStep(process.execPath, [join(ROOT, 'apps', 'gateway', 'dist', 'migrate.js')], {
    cwd: ROOT,
    env: envs.migrate,
    stop,
    failure: 'migration failed',
  });

  const make = (kind, count) =>
    Array.from({ length: count }, (_, index) => {
      const logFile = data.log(`${kind}-${index}`);
      return new App({ kind, index, env: envs[kind](index), logFile, run, stop, verbose: options.dev });
    });
  running.apps = [...make('gateway', options.gateways), ...make('worker', options.workers)];
  say('apps', `starting ${options.gateways} gateway(s) and ${options.workers} worker(s); their logs are in ${join(data.folder, 'logs')}`);
  await Promise.all(running.apps.map((app) => app.start()));
  for (const app of running.apps) void app.keepRunning();
  for (let index = 0; index < options.gateways; index++) await waitUntilReady(gatewayAddress(options, index), stop);
  await announce({ options, env: envs.gateway(0), stop });
  if (options.dev) void watchSources({ apps: running.apps, marks: [data.mark], stop });
}

/** Workers first, while gateways can still tell viewers why; then gateways; services last, because draining needs them. */
async function endAll({ apps, services, run }, data, stop) {
  // A failure ends us as a signal would: nothing may be restarted from here on.
  stop.request(1, 'a failure');
  if (apps.length > 0) say('stop', `${stop.reason}: workers and gateways finish what they do`);
  if (services) run.stopping();
  for (const kind of ['worker', 'gateway']) {
    await Promise.all(apps.filter((app) => app.kind === kind).map((app) => app.end(DRAIN_MS)));
  }
  await services?.end();
  await endProcesses(markedProcesses(data.mark).map(identify), { graceMs: 1000 });
  run.remove();
}
