import { BerthApi } from '@berth/client';
import type { SignedIn } from '@berth/protocol';
import { LinkLoginInput } from '@berth/protocol';
import { CliError, EXIT } from '../failure.js';
import type { SignIn } from './credentials-file.js';
import type { CredentialsFile } from './credentials-file.js';
import { toSignIn } from './account.js';
import { RefreshCookie } from './refresh-cookie.js';

/** What proves who signs in. */
export type Proof = { link: string } | { email: string; password: string };

/** The server and the secret of a sign-in link, `https://…/login#token=…`. */
export function readLink(link: string): { server: string; token: string } {
  const url = URL.parse(link.trim());
  const token = new URLSearchParams(url?.hash.slice(1)).get('token');
  const wellFormed = LinkLoginInput.safeParse({ token });
  if (!url || !/^https?:$/.test(url.protocol) || !wellFormed.success)
    throw new CliError(
      EXIT.usage,
      'this is not a sign-in link',
      'It looks like https://berth.example.com/login#token=…; quote it: the shell may cut it at the #',
    );
  return { server: url.origin, token: wellFormed.data.token };
}

/** Signs in, and stores the state; a state that was stored for the same server before is ended. */
export async function signIn(file: CredentialsFile, server: string, proof: Proof): Promise<{ signedIn: SignedIn; stored: SignIn }> {
  // Whether the answer can be kept is found out first: a link works once.
  const before = await file.exclusively(() => Promise.resolve(file.get(server)));
  const cookie = new RefreshCookie();
  const api = new BerthApi({ baseUrl: server, fetch: cookie.fetch });
  const signedIn =
    'link' in proof
      ? await api.call('loginWithLink', { body: { token: readLink(proof.link).token } })
      : await api.call('login', { body: proof });
  const stored = toSignIn(signedIn, cookie);
  await file.exclusively(() => Promise.resolve(file.put(server, stored, { current: true })));
  if (before) await endSignIn(server, before).catch(() => undefined);
  return { signedIn, stored };
}

/** Ends a signed-in state on its server. */
export async function endSignIn(server: string, { refresh }: SignIn): Promise<void> {
  await new BerthApi({ baseUrl: server, fetch: new RefreshCookie(refresh).fetch }).call('logout');
}
