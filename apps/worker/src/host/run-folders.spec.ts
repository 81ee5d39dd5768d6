import { chmod, chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tempDir } from '@berth/testing';
import type { TempDir } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolders } from './run-folders.js';

let temp: TempDir;
beforeEach(async () => {
  temp = await tempDir();
});
afterEach(() => temp.remove());

describe('RunFolders', () => {
  it('gives each run a folder for its owner only, and takes it away with what is in it', async () => {
    const folders = new RunFolders(temp.path, 'host-0');
    const [first, second] = [await folders.open(), await folders.open()];
    expect(first).not.toBe(second);
    expect((await stat(first)).mode & 0o777).toBe(0o700);
    await writeFile(join(first, 'api.sock'), '');
    await folders.close(first);
    await folders.close(first);
    expect(await readdir(dirname(first))).toHaveLength(1);
  });

  it('removes what was left under its own name, and nothing of another worker', async () => {
    const other = await new RunFolders(temp.path, 'host-1').open();
    await new RunFolders(temp.path, 'host-0').open();
    const folders = new RunFolders(temp.path, 'host-0');
    expect(await folders.removeLeftovers()).toBe(1);
    expect(await folders.removeLeftovers()).toBe(0);
    expect((await stat(other)).isDirectory()).toBe(true);
    expect(await new RunFolders(join(temp.path, 'nothing-yet'), 'host-0').removeLeftovers()).toBe(0);
  });

  it('removes what may not be written to, and lets a worker start when something cannot be removed at all', async () => {
    const NOBODY = 65_534;
    const folders = new RunFolders(temp.path, 'host-0');
    const [locked, foreign] = [await folders.open(), await folders.open()];
    await mkdir(join(locked, 'module'));
    await writeFile(join(locked, 'module', 'file'), '');
    await chmod(join(locked, 'module'), 0o500);
    if (process.getuid?.() !== 0) return expect(await folders.removeLeftovers()).toBe(2);
    // Root is kept from nothing; and what root has written into a folder is what others cannot remove.
    await mkdir(join(foreign, 'of-root'), { mode: 0o700 });
    await writeFile(join(foreign, 'of-root', 'file'), '');
    for (const path of [temp.path, dirname(locked), locked, foreign, join(locked, 'module'), join(locked, 'module', 'file')])
      await chown(path, NOBODY, NOBODY);
    process.seteuid?.(NOBODY);
    try {
      const uid = process.getuid;
      process.getuid = () => NOBODY;
      expect(await folders.removeLeftovers().finally(() => (process.getuid = uid))).toBe(1);
    } finally {
      process.seteuid?.(0);
    }
    expect(await readdir(dirname(foreign))).toEqual([basename(foreign)]);
  });

  it('goes where a socket has an address when the data folder is too deep, and only where nobody else reads', async () => {
    const deep = join(temp.path, 'deep'.repeat(20), 'data');
    const folders = new RunFolders(deep, 'host-0');
    const folder = await folders.open();
    const place = dirname(folder);
    expect(join(folder, 'cc-socks', '4194304.sock').length).toBeLessThanOrEqual(103);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    await chmod(place, 0o755);
    await expect(folders.open()).rejects.toThrow(/belongs to this user alone/);
    await rm(place, { recursive: true });
  });

  it('refuses a folder in the data directory that others can read', async () => {
    await mkdir(join(temp.path, 'run'), { mode: 0o700 });
    await chmod(join(temp.path, 'run'), 0o777);
    await expect(new RunFolders(temp.path, 'host-0').open()).rejects.toThrow(/belongs to this user alone/);
  });
});
