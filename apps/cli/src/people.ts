import type { BerthApi } from '@berth/client';
import type { Member } from '@berth/protocol';
import { CliError, EXIT } from './failure.js';

/** The member with this e-mail address. */
export async function memberByEmail(api: BerthApi, email: string): Promise<Member> {
  const { items } = await api.call('listMembers');
  const found = items.find(({ user }) => user.email.toLowerCase() === email.toLowerCase());
  if (!found) throw new CliError(EXIT.failed, `nobody here has the address ${email}`, 'berth user ls shows everybody');
  return found;
}

/** Names by user id; empty where they cannot be had: they only make a table nicer. */
export async function namesOf(api: BerthApi): Promise<ReadonlyMap<string, string>> {
  const members = await api.call('listMembers').catch(() => undefined);
  return new Map(members?.items.map(({ user }) => [user.id, user.name]));
}
