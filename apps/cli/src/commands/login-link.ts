import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { linkText } from '../output/link-text.js';

export const loginLinkCommand = (cli: Cli): Command =>
  new Command('login-link')
    .description('a one-time link that signs another device of yours in, as a QR code for the phone')
    .action(async (_options: object, command: Command) => {
      const output = cli.output(command);
      const link = await cli.api(command).call('createLoginLink');
      const text = await linkText(link, output);
      output.data(link, () => text);
    });
