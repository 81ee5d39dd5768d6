import { Bus } from '@berth/bus';
import type { LinkLoginInput, LoginInput, SignedIn, TenantId, UserId } from '@berth/protocol';
import { AppError, redisChannels } from '@berth/protocol';
import type { Principal } from '@berth/store';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';
import { AccessTokens } from './access-tokens.js';
import { seeAccount, userOf } from './accounts.js';
import { passwordMatches } from './passwords.js';
import type { RefreshToken } from './refresh-cookie.js';
import { REFRESH_SECONDS } from './refresh-cookie.js';
import { RefreshTokens } from './refresh-tokens.js';
import { SignInLimits } from './sign-in-limits.js';
import { ACCESS_TOKEN_S } from './token-keys.js';

/** A signed-in state and what goes into the cookie. */
export interface SignInResult {
  answer: SignedIn;
  cookie: RefreshToken;
}

/** What a sign-in begins with. */
interface Beginning {
  userId: UserId;
  /** The one tenant that it opens; null = all of the user's. */
  only: TenantId | null;
  /** It may choose a password without knowing the present one. */
  recovery: boolean;
}

/** Signing in, staying signed in, signing out. */
@Injectable()
export class AuthService {
  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    private readonly tokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly limits: SignInLimits,
  ) {}

  /** `address`: whose tries are counted. Unknown users and wrong passwords get the same answer after the same work. */
  async login({ email, password }: LoginInput, address: string): Promise<SignInResult> {
    await this.limits.address(address);
    await this.limits.account(email);
    const account = await this.store.withSystem('sign_in', ({ users }) => users.findByEmail(email));
    if (!(await passwordMatches(account?.passwordHash, password)) || !account) throw new AppError('invalid_credentials');
    const result = await this.startFamily({ userId: account.id, only: account.passwordTenantId, recovery: false });
    await this.limits.succeeded(email);
    return result;
  }

  async loginWithLink({ token }: LinkLoginInput, address: string): Promise<SignInResult> {
    await this.limits.address(address);
    const link = await this.store.withSystem('sign_in', ({ loginTokens }) => loginTokens.consume(token));
    if (!link) throw new AppError('invalid_credentials', { detail: 'This sign-in link has been used or is too old. Ask for a new one.' });
    // One's own link, for another device, proves nothing that the sign-in which made it had not.
    return this.startFamily({ userId: link.userId, only: link.tenantId, recovery: link.createdBy !== link.userId });
  }

  async refresh(presented: RefreshToken | undefined, tenantId: TenantId | undefined, address: string): Promise<SignInResult> {
    await this.limits.refresh(address);
    if (!presented) throw new AppError('unauthenticated');
    const { familyId } = presented;
    const next = this.refreshTokens.after(presented.token);
    const rotation = await this.store.withSystem('sign_in', async ({ refreshFamilies }) => {
      const outcome = await refreshFamilies.rotate({ familyId, presented: presented.token, next, lifetimeSeconds: REFRESH_SECONDS });
      if (tenantId === undefined || outcome.outcome === 'refused' || outcome.outcome === 'reused' || outcome.tenantId === tenantId)
        return outcome;
      const switched = await refreshFamilies.switchTenant(familyId, tenantId);
      if (switched === 'not_found') throw new AppError('not_found');
      if (switched === 'signed_out') throw new AppError('unauthenticated', { detail: 'Sign in again to enter this tenant.' });
      return { ...outcome, tenantId };
    });
    if (rotation.outcome === 'reused') this.announceRevocation();
    if (rotation.outcome === 'reused' || rotation.outcome === 'refused') throw new AppError('unauthenticated');
    const answer = await this.answer({ userId: rotation.userId, tenantId: rotation.tenantId, familyId });
    // Whoever presents the same token again within the grace gets the same successor: another tab, or the same one without its answer.
    return { answer, cookie: { familyId, token: next } };
  }

  /** Ends this browser's sign-in; its sockets close. Without a cookie there is nothing to end. */
  async logout(presented: RefreshToken | undefined): Promise<void> {
    if (!presented) return;
    const { familyId, token } = presented;
    await this.store.withSystem('sign_in', async ({ refreshFamilies }) => {
      const { outcome } = await refreshFamilies.rotate({
        familyId,
        presented: token,
        next: this.refreshTokens.after(token),
        lifetimeSeconds: REFRESH_SECONDS,
      });
      if (outcome === 'rotated' || outcome === 'concurrent') await refreshFamilies.revoke(familyId);
    });
    this.announceRevocation();
  }

  private async startFamily({ userId, only, recovery }: Beginning): Promise<SignInResult> {
    const token = this.refreshTokens.first();
    const principal = await this.store.withSystem('sign_in', async ({ memberships, refreshFamilies }) => {
      const tenants = await memberships.ofUser(userId);
      const tenantId = (only === null ? tenants[0] : tenants.find(({ id }) => id === only))?.id;
      if (!tenantId) throw new AppError('invalid_credentials', { detail: 'This account is not a member of any tenant.' });
      const trust = { confined: only !== null, recovery };
      const familyId = await refreshFamilies.create({ userId, tenantId, trust, token, lifetimeSeconds: REFRESH_SECONDS });
      return { userId, tenantId, familyId };
    });
    return { answer: await this.answer(principal), cookie: { familyId: principal.familyId, token } };
  }

  private async answer(principal: Principal): Promise<SignedIn> {
    const { account, tenants } = await this.store.withSystem('sign_in', (repositories) => seeAccount(repositories, principal));
    const accessToken = await this.tokens.issue(principal);
    return { accessToken, expiresIn: ACCESS_TOKEN_S, user: userOf(account), tenantId: principal.tenantId, tenants };
  }

  private announceRevocation(): void {
    void this.bus.ring(redisChannels.principals());
  }
}
