import { text } from 'node:stream/consumers';
import { LoginInput } from '@berth/protocol';
import { Command } from 'commander';
import type { Proof } from '../account/sign-in.js';
import { readLink, signIn } from '../account/sign-in.js';
import type { Cli } from '../cli.js';
import { CliError, EXIT } from '../failure.js';
import { plain } from '../output/plain-text.js';

const HELP = `
Examples:
  $ berth login                                       asks for e-mail address and password
  $ berth login 'https://berth.example.com/login#token=…'   a one-time link, quoted because of the #
  $ berth login -                                     reads the link from standard input
  $ printf '%s\\n%s\\n' "$EMAIL" "$PASSWORD" | berth login --stdin --server https://berth.example.com`;

/** Asks at the terminal; the password is not shown. */
async function ask(): Promise<Proof> {
  if (!process.stdin.isTTY)
    throw new CliError(
      EXIT.usage,
      'there is no terminal to ask for a password',
      'Pass a link, or e-mail address and password on standard input with --stdin',
    );
  const { input, password } = await import('@inquirer/prompts');
  const context = { output: process.stderr };
  const email = await input({ message: 'E-mail address', required: true }, context);
  return { email, password: await password({ message: 'Password', mask: '*' }, context) };
}

/** A link, or two lines: e-mail address and password. */
async function fromStandardInput(): Promise<Proof> {
  const [first = '', second] = (await text(process.stdin)).split('\n').map((line) => line.replace(/\r$/, ''));
  if (/^https?:\/\//.test(first.trim())) return { link: first.trim() };
  const read = LoginInput.safeParse({ email: first.trim(), password: second });
  if (!read.success)
    throw new CliError(
      EXIT.usage,
      'standard input holds neither a link nor an e-mail address and a password',
      'One line each, the link alone or the address first',
    );
  return read.data;
}

async function proofOf(link: string | undefined, stdin: boolean): Promise<Proof> {
  if (stdin || link === '-') return fromStandardInput();
  return link === undefined ? ask() : { link };
}

export const loginCommand = (cli: Cli): Command =>
  new Command('login')
    .description('sign in: by link, or by e-mail address and password')
    .argument('[link]', 'one-time sign-in link; - reads it from standard input')
    .option('--stdin', 'read a link, or e-mail address and password in two lines, from standard input')
    .addHelpText('after', HELP)
    .action(async (link: string | undefined, options: { stdin?: boolean }, command: Command) => {
      const output = cli.output(command);
      const proof = await proofOf(link, options.stdin === true);
      const named = cli.options(command).server;
      const server = 'link' in proof && named === undefined ? cli.useServer(readLink(proof.link).server) : cli.serverOf(command);
      const { signedIn, stored } = await signIn(cli.credentials, server, proof);
      output.data({ server, user: signedIn.user, tenantId: signedIn.tenantId, tenants: signedIn.tenants }, () =>
        [`Signed in at ${server} as ${plain(stored.user.name)} <${plain(stored.user.email)}>, ${plain(stored.tenant.name)}`].join('\n'),
      );
      if (server.startsWith('http://') && !/^http:\/\/(127\.|localhost|\[::1\])/.test(server))
        output.note('This address is plain HTTP: everybody on the way can read along. Use https:// outside of networks that you trust.');
    });
