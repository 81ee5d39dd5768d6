import type { BerthApi } from '@berth/client';
import type { SessionView } from '@berth/protocol';
import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cli } from '../cli.js';
import { CliError, EXIT } from '../failure.js';
import { findSession, nameOf } from '../sessions/find-session.js';

const SESSION = 'id, beginning or end of an id, or title';
/** A program gets some seconds to end by itself; its host may be gone and has to be given up first. */
const CLOSES_WITHIN_MS = 90_000;
const LOOK_MS = 250;

/** A command that asks something of one session and shows what it is then. */
function changeCommand(
  cli: Cli,
  {
    name,
    description,
    does,
    done,
  }: { name: string; description: string; does: 'closeSession' | 'suspendSession' | 'wakeSession'; done: string },
): Command {
  return new Command(name)
    .description(description)
    .argument('<session>', SESSION)
    .action(async (wanted: string, _options: object, command: Command) => {
      const api = cli.api(command);
      const { id } = await findSession(api, wanted);
      const session = await api.call(does, { params: { sessionId: id } });
      cli.output(command).data(session, () => `${done} ${nameOf(session)}`);
    });
}

export const closeCommand = (cli: Cli): Command =>
  changeCommand(cli, { name: 'close', description: 'end a session for good, with its processes', does: 'closeSession', done: 'Closing' });

export const suspendCommand = (cli: Cli): Command =>
  changeCommand(cli, { name: 'suspend', description: 'end its processes; it can be woken', does: 'suspendSession', done: 'Suspending' });

export const wakeCommand = (cli: Cli): Command =>
  changeCommand(cli, {
    name: 'wake',
    description: 'run a suspended session again; Claude Code goes on where it was',
    does: 'wakeSession',
    done: 'Waking',
  });

export const renameCommand = (cli: Cli): Command =>
  new Command('rename')
    .description('give a session another title')
    .argument('<session>', SESSION)
    .argument('<title>', 'new title')
    .action(async (wanted: string, title: string, _options: object, command: Command) => {
      const api = cli.api(command);
      const { id } = await findSession(api, wanted);
      const session = await api.call('updateSession', { params: { sessionId: id }, body: { title } });
      cli.output(command).data(session, () => `Renamed to ${nameOf(session)}`);
    });

/** Ends a session and waits until it has ended. */
async function closed(api: BerthApi, { id, status }: SessionView): Promise<void> {
  if (status === 'closed') return;
  const params = { sessionId: id };
  await api.call('closeSession', { params });
  const end = performance.now() + CLOSES_WITHIN_MS;
  while ((await api.call('getSession', { params })).status !== 'closed') {
    if (performance.now() > end) throw new CliError(EXIT.failed, 'the session does not end', 'Try again later; berth sessions ls shows it');
    await sleep(LOOK_MS);
  }
}

export const removeCommand = (cli: Cli): Command =>
  new Command('rm')
    .description('delete a closed session with its output and its own folder')
    .argument('<session>', SESSION)
    .option('-f, --force', 'close it first if it still lives')
    .action(async (wanted: string, options: { force?: boolean }, command: Command) => {
      const api = cli.api(command);
      const session = await findSession(api, wanted);
      if (session.status !== 'closed' && options.force !== true)
        throw new CliError(EXIT.failed, `${nameOf(session)} is ${session.status}`, 'Close it first (berth sessions close), or use --force');
      await closed(api, session);
      await api.call('deleteSession', { params: { sessionId: session.id } });
      cli.output(command).note(`Deleted ${nameOf(session)}`);
    });
