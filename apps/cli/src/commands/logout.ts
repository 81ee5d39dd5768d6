import { Command } from 'commander';
import { endSignIn } from '../account/sign-in.js';
import type { Cli } from '../cli.js';
import { explain } from '../failure.js';

export const logoutCommand = (cli: Cli): Command =>
  new Command('logout')
    .description('sign out on this machine; attached terminals are closed')
    .action(async (_options: object, command: Command) => {
      const output = cli.output(command);
      const server = cli.serverOf(command);
      const signIn = cli.credentials.get(server);
      if (!signIn) return output.note(`You were not signed in at ${server}`);
      await cli.credentials.exclusively(() => Promise.resolve(cli.credentials.remove(server)));
      try {
        await endSignIn(server, signIn);
        output.note(`Signed out of ${server}`);
      } catch (error) {
        output.note(`Signed out here, but the server could not be told: ${explain(error, server).message}`);
        output.note('Until it expires the sign-in counts there: an admin can end it with the member list of the dashboard.');
      }
    });
