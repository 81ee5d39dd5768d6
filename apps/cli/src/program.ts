import { readFileSync } from 'node:fs';
import tab from '@bomb.sh/tab/commander';
import { Command } from 'commander';
import type { Cli } from './cli.js';
import { doctorCommand } from './commands/doctor.js';
import { loginLinkCommand } from './commands/login-link.js';
import { loginCommand } from './commands/login.js';
import { logoutCommand } from './commands/logout.js';
import { attachCommand } from './commands/sessions-attach.js';
import { listCommand } from './commands/sessions-ls.js';
import { newCommand } from './commands/sessions-new.js';
import { sessionsCommand } from './commands/sessions.js';
import { userCommand } from './commands/user.js';
import { whoamiCommand } from './commands/whoami.js';

const HELP = `
Examples:
  $ berth login 'http://127.0.0.1:8080/login#token=…'   sign in with the link that npm start prints
  $ berth new .                   Claude Code in this folder; Ctrl-\\ d detaches, the session goes on
  $ berth ls                      what runs
  $ berth attach 3f9c21ab         back into it, from any machine
  $ berth login-link              a QR code that signs your phone in
  $ source <(berth completion bash)

Exit codes: 0 done, 1 failed, 2 bad usage, 3 not authorised, 4 unreachable; attach ends with the code of the session's program.
Environment: BERTH_SERVER, BERTH_CONFIG_DIR, BERTH_DETACH_KEY, NO_COLOR.`;

/** Version of this program, from its package. */
function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}

/** The whole command line. */
export function createProgram(cli: Cli): Command {
  const program = new Command('berth')
    .description('Claude Code sessions that go on without you')
    .version(version())
    .option('--server <url>', 'server to talk to (default: BERTH_SERVER, the last one signed in to, or http://127.0.0.1:8080)')
    .option('--json', 'print data as JSON, in the shape of the REST interface')
    .addHelpText('after', HELP)
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('       See the command with --help')
    .addCommand(newCommand(cli).description('short for: sessions new'))
    .addCommand(attachCommand(cli).description('short for: sessions attach'))
    .addCommand(listCommand(cli).description('short for: sessions ls'))
    .addCommand(sessionsCommand(cli))
    .addCommand(loginCommand(cli))
    .addCommand(logoutCommand(cli))
    .addCommand(whoamiCommand(cli))
    .addCommand(loginLinkCommand(cli))
    .addCommand(userCommand(cli))
    .addCommand(doctorCommand(cli));
  tab(program, { completionCommandName: 'completion' });
  return inherit(program);
}

/** Commands that were made by themselves follow the settings of the program: its help, and errors that are thrown. */
function inherit(command: Command): Command {
  command.exitOverride();
  for (const each of command.commands) inherit(each.copyInheritedSettings(command));
  return command;
}
