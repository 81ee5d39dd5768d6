import { resolve } from 'node:path';
import { ApiError } from '@berth/client';
import type { BerthApi } from '@berth/client';
import type { SessionInput, SessionView } from '@berth/protocol';
import { PermissionMode } from '@berth/protocol';
import { Command, Option } from 'commander';
import type { AttachFlags } from '../attach/attach-options.js';
import { attachTo, detachKeysOf, wayBack, withAttachFlags } from '../attach/attach-options.js';
import type { Cli } from '../cli.js';
import { CliError, EXIT } from '../failure.js';
import { plain } from '../output/plain-text.js';
import { nameOf } from '../sessions/find-session.js';

const HELP = `
Without a command it runs Claude Code, in a folder of the session's own, or in one that the server allows (BERTH_WORKSPACE_ROOTS there).

Examples:
  $ berth new                          Claude Code in a new folder
  $ berth new .                        Claude Code in this folder, when the server runs on this machine
  $ berth new . --title "fix the parser" --permission-mode acceptEdits
  $ berth new -- bash -l               a shell
  $ berth new --no-attach -- make all  starts it and prints its id`;

interface Flags extends AttachFlags {
  title?: string;
  model?: string;
  permissionMode?: PermissionMode;
  attach: boolean;
}

function inputOf(path: string | undefined, { title, model, permissionMode }: Flags, program: readonly string[] | undefined): SessionInput {
  if (program && (model !== undefined || permissionMode !== undefined))
    throw new CliError(
      EXIT.usage,
      '--model and --permission-mode are for Claude Code',
      'Leave them out, or leave the command behind -- out',
    );
  const { columns, rows } = process.stdout;
  return {
    kind: 'terminal',
    ...(title === undefined ? {} : { title }),
    ...(program === undefined ? {} : { command: [...program] }),
    ...(path === undefined ? {} : { workspace: { path: resolve(path) } }),
    ...(model === undefined ? {} : { model }),
    ...(permissionMode === undefined ? {} : { permissionMode }),
    ...(process.stdout.isTTY && columns >= 2 && rows >= 1 ? { cols: Math.min(columns, 1000), rows: Math.min(rows, 500) } : {}),
  };
}

/** Starts it; a folder that is not allowed is answered with those that are. */
async function create(api: BerthApi, body: SessionInput): Promise<SessionView> {
  try {
    return await api.call('createSession', { body });
  } catch (error) {
    const { workspace } = body;
    if (!(error instanceof ApiError) || !workspace) throw error;
    const issue = error.issues.find(({ path }) => path.startsWith('workspace'));
    if (!issue && error.code !== 'forbidden') throw error;
    const roots = (await api.call('listWorkspaceRoots').catch(() => undefined))?.items.map(({ path }) => path) ?? [];
    // A role that may start nothing is forbidden it in an allowed folder, too.
    if (!issue && roots.some((root) => isWithin(root, workspace.path))) throw error;
    throw new CliError(
      EXIT.usage,
      `no session may be started in ${plain(workspace.path)}: ${plain(issue?.message ?? 'it is not among the folders of the server')}`,
      roots.length > 0
        ? `The server allows ${roots.map((root) => plain(root)).join(', ')} and what is below`
        : 'The server allows no folders by path: BERTH_WORKSPACE_ROOTS there names those that it may',
    );
  }
}

const isWithin = (root: string, path: string): boolean => path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`);

export const newCommand = (cli: Cli): Command =>
  withAttachFlags(
    new Command('new')
      .description('start a session, Claude Code unless a command follows --, and attach to it')
      .argument('[path]', 'folder to work in, as the server sees it; . is this one')
      .usage('[options] [path] [-- command args...]')
      .option('-t, --title <title>', 'what the session is called')
      .option('-m, --model <model>', 'model that Claude Code asks, such as opus')
      .addOption(new Option('--permission-mode <mode>', 'how Claude Code asks before it acts').choices(PermissionMode.options))
      .option('--no-attach', 'start it and leave it alone'),
  )
    .addHelpText('after', HELP)
    .action(async (path: string | undefined, flags: Flags, command: Command) => {
      detachKeysOf(cli, flags);
      const output = cli.output(command);
      const session = await create(cli.api(command), inputOf(path, flags, cli.program));
      if (flags.attach && process.stdin.isTTY && !output.json) return attachTo(cli, command, { session, fresh: true, flags });
      output.data(session, () => session.id);
      if (!output.json) output.note(`Started ${nameOf(session)}. Attach with: ${wayBack(session)}`);
    });
