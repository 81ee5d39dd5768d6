import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idFromUuid } from '@berth/protocol';
import { tempDir } from '@berth/testing';
import type { TempDir } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SessionFolders } from './session-folders.js';

const sessionId = idFromUuid('session', '019ace5e-0000-7000-8000-000000000001');
const tenantId = idFromUuid('tenant', '019ace5e-0000-7000-8000-00000000000c');
const hostId = idFromUuid('host', '019ace5e-0000-7000-8000-00000000000a');

let temp: TempDir;
let folders: SessionFolders;
const at = (...names: string[]): string => join(temp.path, ...names);
const opened = (host = hostId) => new SessionFolders({ dataDir: at('data'), roots: [at('roots', 'a'), at('roots', 'gone')], hostId: host });
const open = (workspacePath: string | null) => folders.open({ sessionId, tenantId, workspacePath });

beforeEach(async () => {
  temp = await tempDir();
  for (const name of ['roots/a/project', 'roots/ab', 'outside']) await mkdir(at(name), { recursive: true });
  folders = opened();
});
afterEach(() => temp.remove());

describe('SessionFolders', () => {
  it('makes a workspace and a folder beside it that nobody else reads, and finds both again', async () => {
    const first = await open(null);
    expect(first).toEqual({
      workspace: at('data', 'workspaces', sessionId),
      ownWorkspace: true,
      config: at('data', 'sessions', sessionId, 'claude'),
    });
    for (const path of [first.workspace, first.config]) expect((await stat(path)).mode & 0o777).toBe(0o700);
    await writeFile(join(first.workspace, 'work'), 'kept');
    expect(await open(null)).toEqual(first);
    expect(await readFile(join(first.workspace, 'work'), 'utf8')).toBe('kept');
  });

  it('opens a folder that a member named, in a root or below, by its real path', async () => {
    await symlink(at('roots', 'a', 'project'), at('outside', 'link-into-a-root'));
    for (const path of [at('roots', 'a'), at('roots', 'a', 'project')])
      expect(await open(path)).toMatchObject({ workspace: path, ownWorkspace: false });
    expect(await open(at('outside', 'link-into-a-root'))).toMatchObject({ workspace: at('roots', 'a', 'project') });
    expect(await readdir(at('data'))).toEqual(['sessions']);
  });

  it('T4: refuses what lies outside of the roots, however it is written, and says no more than that', async () => {
    await symlink('/', at('roots', 'a', 'slash'));
    await symlink(at('outside'), at('roots', 'a', 'link'));
    await writeFile(at('roots', 'a', 'file'), '');
    const refused = [
      ...['/etc', at('outside'), at('roots', 'ab'), at('roots'), at('roots', 'a', 'nothing-there'), at('roots', 'a', 'file')],
      ...[
        `${at('roots', 'a')}/../../outside`,
        at('roots', 'a', 'slash'),
        at('roots', 'a', 'slash', 'etc'),
        at('roots', 'a', 'link'),
        '/no/such/folder',
      ],
    ];
    for (const path of refused) await expect(open(path), path).rejects.toThrow(/does not exist on this host, or lies outside/);
    folders = new SessionFolders({ dataDir: at('data'), roots: [], hostId });
    await expect(open(at('roots', 'a'))).rejects.toThrow(/outside/);
  });

  it('removes its own folders with everything in them, and never one that a member named', async () => {
    const { workspace } = await open(null);
    await mkdir(join(workspace, 'cache', 'module'), { recursive: true });
    await writeFile(join(workspace, 'cache', 'module', 'file'), '');
    await chmod(join(workspace, 'cache', 'module'), 0o500);
    await symlink(at('outside'), join(workspace, 'link'));
    await writeFile(at('outside', 'precious'), '');
    await folders.remove(sessionId);
    expect(await readdir(at('data', 'workspaces'))).toEqual([]);
    expect(await readdir(at('data', 'sessions'))).toEqual([]);
    expect(await readdir(at('outside'))).toEqual(['precious']);

    await open(at('roots', 'a', 'project'));
    await folders.remove(sessionId);
    expect((await stat(at('roots', 'a', 'project'))).isDirectory()).toBe(true);
  });

  it('lists the sessions that this host of this database has opened, and nothing else', async () => {
    await open(null);
    await mkdir(at('data', 'sessions', 'lost+found'));
    expect(await folders.list()).toEqual([{ sessionId, tenantId }]);
    expect(await opened(idFromUuid('host', '019ace5e-0000-7000-8000-00000000000b')).list()).toEqual([]);
    expect(await new SessionFolders({ dataDir: at('nowhere'), roots: [], hostId }).list()).toEqual([]);
  });
});
