import { chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from '../lib/children.mjs';
import { say } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';

/**
 * How a Postgres program is told its data folder. As root's stand-in it may not enter the folders above (a checkout in /root), but it is
 * started inside, and on Linux this name leads there without passing through them.
 */
export function dataFolderArgument(folder, owner) {
  return owner ? '/proc/self/cwd' : folder;
}

function makeFolder(path, owner) {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (owner) chownSync(path, owner.uid, owner.gid);
}

function refuseForeignData(folder, owner) {
  const uid = owner?.uid ?? process.getuid();
  const { uid: actual } = statSync(folder);
  if (actual === uid) return;
  throw new ToolError(
    `the data in ${folder} belongs to user id ${actual}, but Postgres would run as ${owner ? `"${owner.name}" (${uid})` : uid}: ` +
      'start Berth as the user that made it, give it away with chown -R, or set BERTH_DATA_DIR',
  );
}

/**
 * Makes the database cluster in `folder` unless it is there. It is made aside and moved into place when complete, so that an interrupted start leaves
 * nothing half made. The password travels in a file that only the owner may read, never in arguments.
 */
export async function ensureCluster({ folder, programs, password, env, stop, syncToDisk }) {
  if (existsSync(join(folder, 'PG_VERSION'))) return refuseForeignData(folder, programs.owner);
  const aside = `${folder}.init`;
  rmSync(aside, { recursive: true, force: true });
  const cluster = join(aside, 'cluster');
  makeFolder(aside, programs.owner);
  makeFolder(cluster, programs.owner);
  const passwordFile = join(aside, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (programs.owner) chownSync(passwordFile, programs.owner.uid, programs.owner.gid);

  say('postgres', `initdb: making a database in ${folder}`);
  const data = dataFolderArgument(cluster, programs.owner);
  // The built-in provider knows every alphabet's capitals, the same on each machine; C alone knows ASCII's.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const choices = ['--username=berth', '--auth=scram-sha-256', '--encoding=UTF8', ...locale, '--no-instructions'];
  const args = ['-D', data, `--pwfile=${data}/../password`, ...choices, ...(syncToDisk ? [] : ['--no-sync'])];
  await runStep(join(programs.bin, 'initdb'), args, {
    cwd: cluster,
    env,
    uid: programs.owner?.uid,
    gid: programs.owner?.gid,
    stop,
    failure: 'initdb failed',
  });
  renameSync(cluster, folder);
  rmSync(aside, { recursive: true, force: true });
}
