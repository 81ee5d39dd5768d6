import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../harness/paths.js';

/** Not part of a fresh clone. */
const MADE_HERE = new Set(['node_modules', 'dist', '.data', '.nx', '.git', 'generated']);

/** A person who has just cloned the repository: an account of his own where root can make one, an empty home, nothing built. */
export interface FreshAccount {
  /** Undefined: the tests' own user, with another home. */
  ids: { uid: number; gid: number } | undefined;
  home: string;
  checkout: string;
  dataFolder: string;
  remove(): void;
}

function addUser(name: string, home: string): { uid: number; gid: number } {
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--user-group', '--shell', '/bin/sh', name]);
  const id = (option: string) => Number(execFileSync('id', [option, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Makes the account and gives it a copy of this checkout as a clone would bring it. */
export function freshAccount(): FreshAccount {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'berth-account-')));
  const [home, checkout, dataFolder] = [join(folder, 'home'), join(folder, 'home', 'berth'), join(folder, 'data')];
  for (const made of [home, dataFolder]) mkdirSync(made);
  cpSync(ROOT, checkout, { recursive: true, filter: (source) => !MADE_HERE.has(basename(source)) });
  const name = `berth-${randomBytes(4).toString('hex')}`;
  const ids = process.getuid?.() === 0 ? addUser(name, home) : undefined;
  if (ids) {
    chownSync(folder, ids.uid, ids.gid);
    execFileSync('chown', ['-R', `${ids.uid}:${ids.gid}`, '--', home, dataFolder]);
  }
  return {
    ids,
    home,
    checkout,
    dataFolder,
    remove() {
      if (ids) execFileSync('userdel', [name]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
