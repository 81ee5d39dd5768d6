import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { plain } from '../output/plain-text.js';
import { findSession, nameOf } from '../sessions/find-session.js';

export const screenCommand = (cli: Cli): Command =>
  new Command('screen')
    .description('print what a session shows, or showed last')
    .argument('<session>', 'id, beginning or end of an id, or title')
    .action(async (wanted: string, _options: object, command: Command) => {
      const api = cli.api(command);
      const output = cli.output(command);
      const session = await findSession(api, wanted);
      const screen = await api.call('getSessionScreen', { params: { sessionId: session.id } });
      output.data(screen, () =>
        screen.text
          .split('\n')
          .map((line) => plain(line))
          .join('\n'),
      );
      if (screen.losses.includes('gap')) output.note(`Output of ${nameOf(session)} is missing: its screen may be wrong`);
    });
