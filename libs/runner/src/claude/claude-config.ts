import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface ClaudeConfigOptions {
  /** The session's own CLAUDE_CONFIG_DIR. */
  folder: string;
  /** A working directory that we made, by its real path: the CLI need not ask whether it is trusted. */
  ownWorkspace?: string;
}

/** What the CLI keeps for itself, so that it starts at its prompt and not with a welcome. */
const state = (ownWorkspace: string | undefined): object => ({
  hasCompletedOnboarding: true,
  theme: 'dark',
  ...(ownWorkspace === undefined
    ? {}
    : { projects: { [ownWorkspace]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } } }),
});

/** Instructions in the folders above a workspace are nobody's who works in it: they may belong to whatever project the data folder lies in. */
function instructionsAbove(workspace: string): string[] {
  const files: string[] = [];
  for (let folder = dirname(workspace); ; folder = dirname(folder)) {
    for (const name of ['CLAUDE.md', 'CLAUDE.local.md', '.claude/CLAUDE.md']) files.push(join(folder, name));
    if (folder === dirname(folder)) return files;
  }
}

const settings = (ownWorkspace: string | undefined): object => ({
  // The bell is what a terminal in a browser, on a phone and in a window all know: it rings when the CLI waits for somebody.
  preferredNotifChannel: 'terminal_bell',
  // The CLI would make itself the handler of its links on the desktop of the machine's user.
  disableDeepLinkRegistration: 'disable',
  ...(ownWorkspace === undefined ? {} : { claudeMdExcludes: instructionsAbove(ownWorkspace) }),
});

/** Writes a file that only its owner can read, unless it exists: what the CLI or a person has made of it since stays. */
async function seed(path: string, content: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

/** Makes a session's configuration folder (0700) such that the CLI starts straight at its prompt. A wake finds it as it was left. */
export async function prepareClaudeConfig({ folder, ownWorkspace }: ClaudeConfigOptions): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await seed(join(folder, '.claude.json'), state(ownWorkspace));
  await seed(join(folder, 'settings.json'), settings(ownWorkspace));
}
