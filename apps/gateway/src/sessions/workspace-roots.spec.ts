import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TempDir, tempDir } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkspaceRoots } from './workspace-roots.js';

let folder: TempDir;
let base: string;
let roots: WorkspaceRoots;
beforeAll(async () => {
  folder = await tempDir();
  base = await realpath(folder.path);
  for (const name of ['code/app', 'code-of-others', 'outside', 'linked-target/app']) await mkdir(join(base, name), { recursive: true });
  await symlink('/', join(base, 'code/to-root'));
  await symlink(join(base, 'outside'), join(base, 'code/to-outside'));
  await symlink(join(base, 'code/app'), join(base, 'code/to-app'));
  await symlink(join(base, 'code/circle'), join(base, 'code/circle'));
  await symlink(join(base, 'linked-target'), join(base, 'linked'));
  roots = new WorkspaceRoots([`${base}/code/`, join(base, 'linked'), '/nowhere/at-all']);
});
afterAll(() => folder.remove());

describe('workspace roots', () => {
  it.each([
    ['code', 'code'],
    ['code/', 'code'],
    ['code/app', 'code/app'],
    ['code/./app/../app/', 'code/app'],
    ['code/not-there-yet/below', 'code/not-there-yet/below'],
    ['code/to-app', 'code/to-app'],
    ['linked/app', 'linked/app'],
    ["code/with spaces & 'quotes'", "code/with spaces & 'quotes'"],
  ])('admit %s', async (asked, path) => {
    expect(await roots.admit(`${base}/${asked}`)).toBe(join(base, path));
  });

  it('admit what is on another machine by its name', async () => {
    expect(await roots.admit('/nowhere/at-all/app')).toBe('/nowhere/at-all/app');
  });

  it.each([
    'outside',
    '',
    'code-of-others',
    'code/../outside',
    'code/app/../../outside',
    'code/to-root',
    'code/to-root/etc',
    'code/to-outside',
    'code/to-outside/new',
    'code/circle',
    'code/circle/x',
  ])('T4 refuse %s, and name the setting but no folder', async (asked) => {
    const refusal = roots.admit(`${base}/${asked}`);
    await expect(refusal).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('BERTH_WORKSPACE_ROOTS') as string });
    await expect(refusal).rejects.toMatchObject({ message: expect.not.stringContaining(base) as string });
  });

  it.each(['../../etc', 'code/app', '.', '~', '/', '/etc', '/nowhere', '/nowhere/at-all/../x', '-oProxyCommand=x'])(
    'T4 refuse %s',
    async (asked) => {
      await expect(roots.admit(asked)).rejects.toMatchObject({ code: 'forbidden' });
    },
  );

  it('refuse everything when there are none', async () => {
    for (const asked of ['/', '/tmp', base]) await expect(new WorkspaceRoots([]).admit(asked)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
