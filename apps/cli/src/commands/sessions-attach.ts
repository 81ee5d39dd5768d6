import type { BerthApi } from '@berth/client';
import type { SessionView } from '@berth/protocol';
import { Command } from 'commander';
import type { AttachFlags } from '../attach/attach-options.js';
import { attachTo, detachKeysOf, withAttachFlags } from '../attach/attach-options.js';
import type { Cli } from '../cli.js';
import { CliError, EXIT } from '../failure.js';
import { allSessions, findSession, nameOf, shortId } from '../sessions/find-session.js';

const HELP = `
While attached, everything you type goes to the session. Ctrl-\\ d detaches, Ctrl-\\ twice types one Ctrl-\\.
--detach-key or BERTH_DETACH_KEY choose other keys. The session goes on without you; its program's exit code becomes ours when it ends.

Examples:
  $ berth attach 3f9c21ab            by id; its beginning or end will do
  $ berth attach "fix the parser"    by title
  $ berth attach 3f9c21ab --watch    look without typing; Ctrl-C leaves
  $ berth attach 3f9c21ab --watch > session.log`;

interface Flags extends AttachFlags {
  wake?: boolean;
}

/** The session to attach to when none is named: the only one that lives, or the one that is chosen. */
async function choose(api: BerthApi): Promise<SessionView> {
  const living = await allSessions(api, 'active');
  const [only] = living;
  if (!only) throw new CliError(EXIT.failed, 'there is no session to attach to', 'Start one with: berth sessions new');
  if (living.length === 1) return only;
  if (!process.stdin.isTTY) throw new CliError(EXIT.usage, 'there are several sessions', 'Name one; berth sessions ls shows them');
  const { select } = await import('@inquirer/prompts');
  const choices = living.map((session) => ({ name: `${nameOf(session)}, ${session.status}`, value: session }));
  return select({ message: 'Attach to', choices }, { output: process.stderr });
}

/** A suspended session runs again first, when that is wanted. */
async function awake(api: BerthApi, session: SessionView, wake: boolean): Promise<SessionView> {
  if (session.status !== 'suspended') return session;
  const params = { sessionId: session.id };
  if (wake) return api.call('wakeSession', { params });
  if (process.stdin.isTTY) {
    const { confirm } = await import('@inquirer/prompts');
    if (await confirm({ message: `${nameOf(session)} is suspended. Wake it?` }, { output: process.stderr }))
      return api.call('wakeSession', { params });
  }
  throw new CliError(EXIT.failed, `${nameOf(session)} is suspended`, `Wake it with: berth attach --wake ${shortId(session.id)}`);
}

export const attachCommand = (cli: Cli): Command =>
  withAttachFlags(
    new Command('attach')
      .description('show a session in this terminal and type into it')
      .argument('[session]', 'id, beginning or end of an id, or title; asked for when absent')
      .option('-w, --watch', 'look without typing')
      .option('--wake', 'wake it first if it is suspended'),
  )
    .addHelpText('after', HELP)
    .action(async (wanted: string | undefined, flags: Flags, command: Command) => {
      // Wrong keys are found out before anything is woken.
      detachKeysOf(cli, flags);
      const api = cli.api(command);
      const found = wanted === undefined ? await choose(api) : await findSession(api, wanted);
      await attachTo(cli, command, { session: await awake(api, found, flags.wake === true), fresh: false, flags });
    });
