import type { InvitedMember, MemberRole, SignedIn } from '@berth/protocol';
import { Api } from './api.js';
import type { Cluster } from './cluster.js';

interface Invitation {
  name: string;
  role?: MemberRole;
  /** Gateway at which the link is opened and everything after it is asked. */
  address?: () => string;
}

/** Adds a person to the tenant of `owner` as the dashboard does, and opens the link that it gives, in a browser with this refresh cookie. */
export async function inviteWithCookie(
  cluster: Cluster,
  owner: Api,
  { name, role = 'member', address = () => cluster.address() }: Invitation,
): Promise<{ api: Api; cookie: string }> {
  const email = `${name.replaceAll(' ', '-')}@example.com`;
  const { link } = await owner.expect<InvitedMember>('POST', '/v1/members', { email, name, role });
  const token = cluster.secrets.add('sign-in link', new URL(link.url).hash.replace('#token=', ''));
  const visitor = new Api(address, await cluster.openApi(), owner.signedIn);
  const { status, headers, body } = await visitor.call('POST', '/v1/auth/link', { token: null, body: { token } });
  if (status !== 200) throw new Error(`the link answered ${status}: ${JSON.stringify(body)}`);
  const signedIn = body as SignedIn;
  cluster.secrets.add('access token', signedIn.accessToken);
  const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
  cluster.secrets.add('refresh cookie', cookie.split('=')[1] ?? cookie);
  return { api: new Api(address, await cluster.openApi(), signedIn), cookie };
}

/** The same, for those who need no cookie. */
export const inviteMember = async (cluster: Cluster, owner: Api, invitation: Invitation): Promise<Api> =>
  (await inviteWithCookie(cluster, owner, invitation)).api;
