import { randomUUID } from 'node:crypto';
import type { InvitedMember, LoginLink, MemberRole, SignedIn } from '@berth/protocol';
import type { ApiClient } from './api-client.js';
import type { TestGateway } from './test-gateway.js';

/** Lets somebody add a person with an address that nobody else has. */
export async function addedMember(
  by: ApiClient,
  { email = `${randomUUID()}@example.com`, role }: { email?: string; role?: MemberRole } = {},
): Promise<{ invited: InvitedMember; email: string }> {
  return { invited: await by.expect('POST', '/v1/members', { email, ...(role === undefined ? {} : { role }) }), email };
}

/** Opens a sign-in link in a browser of its own. Rejects with the status when it is refused. */
export async function signInByLink(gateway: TestGateway, { url }: LoginLink): Promise<{ api: ApiClient; signedIn: SignedIn }> {
  const api = gateway.client();
  const token = new URL(url).hash.replace('#token=', '');
  return { api, signedIn: await api.signIn({ token }) };
}
