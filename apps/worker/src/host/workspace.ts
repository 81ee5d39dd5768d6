import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionId } from '@berth/protocol';

/** What a session's programs may know of the machine's user; nothing else of the worker's own environment reaches them. */
export interface UserEnvironment {
  path: string;
  home: string;
  user: string;
  shell: string;
  lang: string;
}

/** Makes the session's own folder, readable by nobody else, and returns its path. A wake finds it as it was left. */
export async function openWorkspace(root: string, sessionId: SessionId): Promise<string> {
  const path = join(root, sessionId);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  return path;
}

/** The whole environment of a session: built from nothing, so that no secret of the worker can be in it. */
export function sessionEnvironment(user: UserEnvironment, sessionId: SessionId, workspace: string): Record<string, string> {
  return {
    PATH: user.path,
    HOME: user.home,
    USER: user.user,
    SHELL: user.shell,
    LANG: user.lang,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    BERTH_SESSION_ID: sessionId,
    BERTH_WORKSPACE: workspace,
  };
}
