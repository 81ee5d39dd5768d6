import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { plain } from '../output/plain-text.js';

export const whoamiCommand = (cli: Cli): Command =>
  new Command('whoami').description('who is signed in, where, and as what').action(async (_options: object, command: Command) => {
    const { api, server } = cli.account(command);
    const me = await api.call('me');
    cli.output(command).data(me, () => {
      const tenant = me.tenants.find(({ id }) => id === me.tenantId);
      return `${plain(me.user.name)} <${plain(me.user.email)}>, ${me.role} of ${plain(tenant?.name ?? me.tenantId)} at ${server}`;
    });
  });
