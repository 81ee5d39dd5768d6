import { MEMBER_ROLES } from '@berth/protocol';
import type { InvitedMember, MemberRole } from '@berth/protocol';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { CliError, EXIT } from '../failure.js';
import { linkText } from '../output/link-text.js';
import type { Output } from '../output/output.js';
import { plain } from '../output/plain-text.js';
import { ago } from '../output/relative-time.js';
import { table } from '../output/table.js';
import { memberByEmail } from '../people.js';

async function showInvited(invited: InvitedMember, output: Output, what: string): Promise<void> {
  const text = await linkText(invited.link, output);
  if (!output.json) output.note(`${what} ${plain(invited.member.user.email)} (${invited.member.role}). Their link to sign in:`);
  output.data(invited, () => text);
}

const addCommand = (cli: Cli): Command =>
  new Command('add')
    .description('add a person to your tenant; prints a one-time link to hand over')
    .argument('<email>', 'their e-mail address')
    .option('--name <name>', 'the name that others see')
    .addOption(new Option('--role <role>', 'viewers watch, members type, admins add people').choices(MEMBER_ROLES).default('member'))
    .action(async (email: string, { name, role }: { name?: string; role: MemberRole }, command: Command) => {
      const body = { email, role, ...(name === undefined ? {} : { name }) };
      await showInvited(await cli.api(command).call('addMember', { body }), cli.output(command), 'Added');
    });

const resetCommand = (cli: Cli): Command =>
  new Command('reset')
    .description('end all sign-ins of a member and make a new one-time link')
    .argument('<email>', 'their e-mail address')
    .action(async (email: string, _options: object, command: Command) => {
      const api = cli.api(command);
      const { user } = await memberByEmail(api, email);
      await showInvited(await api.call('resetMember', { params: { userId: user.id } }), cli.output(command), 'Reset');
    });

const listUsersCommand = (cli: Cli): Command =>
  new Command('ls').description('the people of your tenant').action(async (_options: object, command: Command) => {
    const output = cli.output(command);
    const members = await cli.api(command).call('listMembers');
    output.data(members, () =>
      table(
        [
          { title: 'E-MAIL', least: 16 },
          { title: 'NAME', least: 10 },
          { title: 'ROLE' },
          { title: 'SINCE', spare: 1 },
          { title: '', spare: 2 },
        ],
        members.items.map(({ user, role, createdAt, revokedAt }) => [
          plain(user.email),
          plain(user.name),
          role,
          ago(createdAt, Date.now()),
          revokedAt === null ? '' : 'removed',
        ]),
        output.room,
      ),
    );
  });

/** Asks at the terminal; elsewhere the answer has to be given beforehand. */
async function confirmed(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) throw new CliError(EXIT.usage, 'there is no terminal to ask whether you are sure', 'Say so with --yes');
  const { confirm } = await import('@inquirer/prompts');
  return confirm({ message: question, default: false }, { output: process.stderr });
}

const removeUserCommand = (cli: Cli): Command =>
  new Command('rm')
    .description('remove a member: sign-ins end and sockets are closed; sessions stay')
    .argument('<email>', 'their e-mail address')
    .option('-y, --yes', 'do not ask')
    .action(async (email: string, options: { yes?: boolean }, command: Command) => {
      const api = cli.api(command);
      const { user } = await memberByEmail(api, email);
      if (!(await confirmed(`Remove ${plain(user.name)} <${plain(user.email)}>?`, options.yes === true)))
        throw new CliError(EXIT.failed, 'nothing was removed');
      await api.call('removeMember', { params: { userId: user.id } });
      cli.output(command).note(`Removed ${plain(user.email)}`);
    });

export const userCommand = (cli: Cli): Command =>
  new Command('user')
    .description('the people of your tenant')
    .addCommand(addCommand(cli))
    .addCommand(resetCommand(cli))
    .addCommand(listUsersCommand(cli))
    .addCommand(removeUserCommand(cli));
