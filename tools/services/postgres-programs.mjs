import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { postgresPackage } from '../lib/install.mjs';
import { say } from '../lib/say.mjs';
import { ToolError } from '../lib/tool-error.mjs';

/** Users that may own the data when we are root, in this order; `nobody` may not: others run as it too. */
const USERS = ['postgres', 'berth'];
const OWN_USER = 'berth';

function findUser(name) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { name, uid: Number(uid), gid: Number(gid) };
}

function makeUser() {
  try {
    execFileSync('useradd', ['--system', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', OWN_USER], {
      stdio: 'pipe',
    });
  } catch (error) {
    const reason = (error.stderr?.toString() || error.message).trim().split('\n')[0];
    throw new ToolError(
      `Postgres refuses to run as root and no user for it could be made (${reason}): create a user "postgres", start Berth as an ordinary user, or set DATABASE_URL`,
    );
  }
  say('postgres', `made the system user "${OWN_USER}", because Postgres refuses to run as root`);
  return findUser(OWN_USER);
}

/** A copy outside of folders that only root may enter, such as a checkout in its home. */
function copyForOthers(native) {
  const version = readFileSync(join(native, '..', 'package.json'));
  const target = `/var/tmp/berth-${createHash('sha256').update(version).digest('hex').slice(0, 12)}`;
  if (existsSync(target)) {
    // The name can be guessed and the folder above is everybody's: only trust what root made.
    if (statSync(target).uid !== 0) throw new ToolError(`${target} belongs to another user: remove it, then run this again`);
    return target;
  }
  const aside = mkdtempSync(`${target}-`);
  try {
    cpSync(native, aside, { recursive: true, verbatimSymlinks: true });
    chmodSync(aside, 0o755);
    renameSync(aside, target);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/**
 * Where Postgres' programs are and who may run them: `{ bin, owner? }`; `owner` ({ name, uid, gid }) when we are root, because Postgres refuses root.
 */
export function postgresPrograms() {
  const native = join(postgresPackage(), 'native');
  if (!existsSync(join(native, 'bin', 'postgres'))) {
    throw new ToolError(`no Postgres is packaged for ${process.platform}-${process.arch}: set DATABASE_URL to a Postgres 16 or newer`);
  }
  if (process.getuid() !== 0) return { bin: join(native, 'bin') };
  if (process.platform !== 'linux')
    throw new ToolError('Postgres refuses to run as root: start Berth as an ordinary user, or set DATABASE_URL');
  const owner = USERS.map(findUser).find(Boolean) ?? makeUser();
  return { bin: join(copyForOthers(native), 'bin'), owner };
}
