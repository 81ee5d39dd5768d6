import { dirname } from 'node:path';
import type { SessionId } from '@berth/protocol';
import type { ModelAccess } from '../model/run-model.js';
import type { OpenedFolders } from './session-folders.js';

/** What a session's programs may know of the machine's user; nothing else of the worker's own environment reaches them. */
export interface UserEnvironment {
  path: string;
  home: string;
  user: string;
  shell: string;
  lang: string;
}

export interface SessionEnvironmentParts {
  sessionId: SessionId;
  user: UserEnvironment;
  folders: OpenedFolders;
  model: Pick<ModelAccess, 'environment' | 'folder'>;
  /** The folder that holds the program `claude`; undefined: it is not installed. */
  claudeFolder: string | undefined;
}

/** Login shells of some systems set PATH anew; this puts our folder back in front of it before bash shows its prompt. */
const RESTORE_PATH = 'case ":$PATH:" in *":$BERTH_PATH:"*) ;; *) PATH="$BERTH_PATH:$PATH" ;; esac';

/** Lets people type `claude` in a session of their own, and programs start it. */
const withClaude = (path: string, folder: string): Record<string, string> => ({
  PATH: `${folder}:${path}`,
  BERTH_PATH: folder,
  PROMPT_COMMAND: RESTORE_PATH,
});

/** The whole environment of a session: built from nothing, so that no secret of the worker can be in it. */
export function sessionEnvironment({ sessionId, user, folders, model, claudeFolder }: SessionEnvironmentParts): Record<string, string> {
  return {
    HOME: user.home,
    USER: user.user,
    SHELL: user.shell,
    LANG: user.lang,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    ...(claudeFolder === undefined ? { PATH: user.path } : withClaude(user.path, claudeFolder)),
    BERTH_SESSION_ID: sessionId,
    BERTH_WORKSPACE: folders.workspace,
    // The data folder may lie in a checkout, which is not the session's project.
    ...(folders.ownWorkspace ? { GIT_CEILING_DIRECTORIES: dirname(folders.workspace) } : {}),
    CLAUDE_CONFIG_DIR: folders.config,
    // Sessions of one user would meet in /tmp: the CLI names its sockets after pids, which repeat in pid namespaces, and tmux after the user.
    CLAUDE_CODE_TMPDIR: model.folder,
    TMUX_TMPDIR: model.folder,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    ...model.environment,
  };
}
