#!/usr/bin/env node
// Starts the built program under a Node that can run it. Written for old versions too: it has to say what is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Oldest version that the packages of this program run on. */
const NEEDED = [22, 15];
/** Told to a Node that was started from here, so that it does not look for another one. */
const STARTED_FLAG = '--title=berth';

const here = fileURLToPath(import.meta.url);
const program = join(dirname(dirname(here)), 'dist', 'main.js');

function isNewEnough([major, minor]) {
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/** The Node that a checkout brings along as a package. */
function packagedNode() {
  for (let folder = dirname(here); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', '.bin', 'node');
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

function fail(what, advice) {
  process.stderr.write(`berth: ${what}\n       ${advice}\n`);
  process.exitCode = 1;
}

/** Runs the program in a Node of its own, which has the terminal; ends as that one does. */
function runUnder(node) {
  const child = spawn(node, [STARTED_FLAG, here, ...process.argv.slice(2)], { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  // The terminal sends its interrupt to both; the child decides what it means.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, forward);
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`, 'Install Node.js 24 from https://nodejs.org'));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}

if (!isNewEnough(process.versions.node.split('.').map(Number))) {
  const node = process.execArgv.includes(STARTED_FLAG) ? undefined : packagedNode();
  if (node) runUnder(node);
  else fail(`needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}`, 'Install Node.js 24 from https://nodejs.org');
} else if (existsSync(program)) {
  await import(new URL('../dist/main.js', import.meta.url));
} else {
  fail('this checkout has not been built yet', `Run in ${join(dirname(here), '..', '..', '..')}: npm run build`);
}
