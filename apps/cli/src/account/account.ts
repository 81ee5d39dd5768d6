import { ApiError, BerthApi } from '@berth/client';
import type { SignedIn } from '@berth/protocol';
import { uninterrupted } from '../uninterrupted.js';
import type { CredentialsFile, SignIn } from './credentials-file.js';
import { RefreshCookie, patientFetch } from './refresh-cookie.js';

/** A token that is about to expire would on its way. */
const SPARE_MS = 30_000;

/** What is stored of a signed-in state. Throws when the server has set no cookie. */
export function toSignIn(signedIn: SignedIn, cookie: RefreshCookie): SignIn {
  const refresh = cookie.value;
  if (!refresh) throw new ApiError('unavailable', 200);
  const tenant = signedIn.tenants.find(({ id }) => id === signedIn.tenantId);
  return {
    refresh,
    access: { token: signedIn.accessToken, expiresAt: Date.now() + signedIn.expiresIn * 1000 },
    tenant: { id: signedIn.tenantId, name: tenant?.name ?? '' },
    user: signedIn.user,
  };
}

/** One signed-in person on one server, shared with all other berth processes through the credentials file. */
export class Account {
  readonly api: BerthApi;
  private renewing: Promise<string> | undefined;

  constructor(
    readonly server: string,
    private readonly file: CredentialsFile,
  ) {
    this.api = new BerthApi({ baseUrl: server, fetch: patientFetch, tokens: (refused) => this.accessToken(refused) });
  }

  /** A token that is good for the next call; `refused`: the one that was not. Rejects with {@link ApiError}. */
  async accessToken(refused?: string): Promise<string> {
    const known = goodToken(this.file.get(this.server), refused);
    if (known !== undefined) return known;
    this.renewing ??= this.renew(refused).finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async renew(refused: string | undefined): Promise<string> {
    return this.file.exclusively(async () => {
      const signIn = this.file.get(this.server);
      if (!signIn) throw new ApiError('unauthenticated', 401);
      // Another process was faster.
      const renewed = goodToken(signIn, refused);
      if (renewed !== undefined) return renewed;
      const cookie = new RefreshCookie(signIn.refresh);
      // The old token is spent once the server has answered: ending before the new one is stored would sign out.
      return uninterrupted(async () => {
        const signedIn = await new BerthApi({ baseUrl: this.server, fetch: cookie.fetch }).call('refresh', { body: {} });
        this.file.put(this.server, toSignIn(signedIn, cookie), { current: false });
        return signedIn.accessToken;
      });
    });
  }
}

function goodToken(signIn: SignIn | undefined, refused: string | undefined): string | undefined {
  const { access } = signIn ?? {};
  return access && access.token !== refused && access.expiresAt - SPARE_MS > Date.now() ? access.token : undefined;
}
