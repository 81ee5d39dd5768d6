import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runStep, withMark } from '../lib/children.mjs';
import { withoutSecrets } from '../lib/secrets.mjs';
import { say } from '../lib/say.mjs';
import { Stopped, ToolError } from '../lib/tool-error.mjs';

/** Streams are trimmed by MINID, which came with 6.2. */
const NEEDED = [6, 2];
const NAMES = ['redis-server', 'valkey-server'];
const PACKAGES = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'];

const WAYS_OUT =
  'install redis-server or valkey-server 6.2 or newer (Debian: apt-get install redis-server; macOS: brew install redis), ' +
  'put one on PATH, or set REDIS_URL to a running one';

function works(program) {
  try {
    const answer = execFileSync(program.file, ['--version'], { encoding: 'utf8', env: { ...process.env, ...program.env }, timeout: 5000 });
    const [major, minor] = (/v=(\d+)\.(\d+)/.exec(answer) ?? []).slice(1).map(Number);
    return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  } catch {
    return false;
  }
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => ({ file: join(folder, name), env: {} }))).find(
    (program) => existsSync(program.file) && works(program),
  );
}

function cacheFolder() {
  const wanted = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  for (const folder of [join(wanted, 'berth'), `/var/tmp/berth-cache-${process.getuid()}`]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // The home may be absent or read-only: the next one is not.
    }
  }
  throw new ToolError(`no folder to keep a downloaded Redis in: ${WAYS_OUT}`);
}

function unpacked(folder) {
  const usr = join(folder, 'usr');
  if (!existsSync(usr)) return undefined;
  const libraries = [join(usr, 'lib'), ...readdirSync(join(usr, 'lib')).map((name) => join(usr, 'lib', name))];
  return { file: join(usr, 'bin', 'redis-server'), env: { LD_LIBRARY_PATH: libraries.join(':') } };
}

/** Debian's package, fetched and unpacked into a cache of our own: no root, nothing installed, apt's own state untouched. */
async function fromApt(folder, stop, mark) {
  const aside = mkdtempSync(`${folder}-`);
  const env = withMark({ ...withoutSecrets(process.env), APT_CONFIG: join(aside, 'apt.conf') }, mark);
  const step = (file, args, failure) => runStep(file, args, { cwd: aside, env, stop, failure });
  try {
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'root']) mkdirSync(join(aside, name), { recursive: true });
    writeFileSync(
      join(aside, 'apt.conf'),
      [
        `Dir::State "${aside}/state";`,
        `Dir::State::status "/var/lib/dpkg/status";`,
        `Dir::Cache "${aside}/cache";`,
        'APT::Sandbox::User "";',
        'Acquire::Retries "2";',
        'Acquire::http::Timeout "20";',
        '',
      ].join('\n'),
    );
    await step('apt-get', ['update', '-qq'], 'apt-get update failed');
    await step('apt-get', ['download', '-qq', ...PACKAGES], 'apt-get download failed');
    for (const name of readdirSync(aside).filter((each) => each.endsWith('.deb'))) {
      await step('dpkg', ['-x', name, 'root'], `dpkg could not unpack ${name}`);
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(aside, 'root'), folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** A Redis that runs here, `{ file, env }`: from PATH, from our cache, or fetched from Debian's archive; else the three ways out. */
export async function findRedis(stop, mark) {
  const installed = onPath();
  if (installed) return installed;
  const folder = join(cacheFolder(), `redis-${process.arch}`);
  const cached = unpacked(folder);
  if (cached && works(cached)) return cached;
  if (!existsSync('/usr/bin/apt-get')) throw new ToolError(`Berth needs a Redis and found none: ${WAYS_OUT}`);
  say('redis', 'not installed here: fetching Debian’s package into a private folder');
  try {
    await fromApt(folder, stop, mark);
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw new ToolError(`Berth needs a Redis, found none, and could not fetch one (${error.message}): ${WAYS_OUT}`, {
      detail: error.detail,
    });
  }
  const fetched = unpacked(folder);
  if (fetched && works(fetched)) return fetched;
  throw new ToolError(`Berth needs a Redis; Debian’s package does not run here: ${WAYS_OUT}`);
}
