import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@berth/testing';
import type { TempDir } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareClaudeConfig } from './claude-config.js';

let temp: TempDir;
let folder = '';
beforeEach(async () => {
  temp = await tempDir();
  folder = join(temp.path, 'config');
});
afterEach(() => temp.remove());

const json = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;

describe('prepareClaudeConfig', () => {
  it('makes a folder that nobody else reads, which starts at the prompt and rings the bell', async () => {
    await prepareClaudeConfig({ folder });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, '.claude.json'))).mode & 0o777).toBe(0o600);
    expect(await json('.claude.json')).toMatchObject({ hasCompletedOnboarding: true });
    expect(await json('settings.json')).toMatchObject({ preferredNotifChannel: 'terminal_bell', disableDeepLinkRegistration: 'disable' });
  });

  it('trusts a workspace that we made, without the instructions of the folders above it; any other is for the CLI to ask about', async () => {
    await prepareClaudeConfig({ folder, ownWorkspace: '/data/workspaces/ses_1' });
    expect(await json('.claude.json')).toMatchObject({ projects: { '/data/workspaces/ses_1': { hasTrustDialogAccepted: true } } });
    const { claudeMdExcludes } = await json('settings.json');
    expect(claudeMdExcludes).toContain('/data/CLAUDE.md');
    expect(claudeMdExcludes).toContain('/CLAUDE.md');
    expect(claudeMdExcludes).not.toContain('/data/workspaces/ses_1/CLAUDE.md');

    folder = join(temp.path, 'another');
    await prepareClaudeConfig({ folder });
    expect(await json('.claude.json')).not.toHaveProperty('projects');
    expect(await json('settings.json')).not.toHaveProperty('claudeMdExcludes');
  });

  it('keeps what is there', async () => {
    await prepareClaudeConfig({ folder });
    await writeFile(join(folder, 'settings.json'), '{"theme":"light"}');
    await prepareClaudeConfig({ folder, ownWorkspace: '/w' });
    expect(await json('settings.json')).toEqual({ theme: 'light' });
    expect(await json('.claude.json')).not.toHaveProperty('projects');
  });
});
