import { SessionStatus } from '@berth/protocol';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { namesOf } from '../people.js';
import { allSessions } from '../sessions/find-session.js';
import { sessionTable } from '../sessions/session-table.js';

interface Options {
  all?: boolean;
  status?: SessionStatus;
}

export const listCommand = (cli: Cli): Command =>
  new Command('ls')
    .description('sessions of your tenant, newest first; those that have ended only with --all')
    .option('-a, --all', 'closed sessions as well')
    .addOption(new Option('--status <status>', 'only sessions in this status').choices(SessionStatus.options))
    .action(async ({ all, status }: Options, command: Command) => {
      const api = cli.api(command);
      const output = cli.output(command);
      const wanted = status ?? (all === true ? undefined : 'active');
      const [sessions, names] = await Promise.all([allSessions(api, wanted), output.json ? new Map<string, string>() : namesOf(api)]);
      output.data({ items: sessions, nextCursor: null }, () =>
        sessions.length > 0 ? sessionTable(sessions, names, output, Date.now()) : '',
      );
      if (sessions.length === 0 && !output.json) output.note('No sessions. Start one with: berth sessions new');
    });
