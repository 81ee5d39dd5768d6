import { randomBytes } from 'node:crypto';
import { Bus } from '@berth/bus';
import type { LinkLoginInput, LoginInput, Me, SignedIn, TenantId, User, UserId } from '@berth/protocol';
import { AppError, redisChannels } from '@berth/protocol';
import type { Account, Principal } from '@berth/store';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';
import type { TenantScope } from '../edge/scope.js';
import { AccessTokens } from './access-tokens.js';
import { passwordMatches } from './passwords.js';
import type { RefreshToken } from './refresh-cookie.js';
import { REFRESH_SECONDS } from './refresh-cookie.js';
import { SignInLimits } from './sign-in-limits.js';
import { ACCESS_TOKEN_S } from './token-keys.js';

/** A signed-in state and what goes into the cookie; no new cookie when another tab has just renewed it. */
export interface SignInResult {
  answer: SignedIn;
  cookie?: RefreshToken;
}

const newToken = (): string => randomBytes(32).toString('base64url');
const userOf = ({ id, email, name }: Account): User => ({ id, email, name });

/** Signing in, staying signed in, signing out. */
@Injectable()
export class AuthService {
  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    private readonly tokens: AccessTokens,
    private readonly limits: SignInLimits,
  ) {}

  /** `address`: whose tries are counted. Unknown users and wrong passwords get the same answer after the same work. */
  async login({ email, password }: LoginInput, address: string): Promise<SignInResult> {
    await this.limits.address(address);
    await this.limits.account(email);
    const account = await this.store.withSystem('sign_in', ({ users }) => users.findByEmail(email));
    if (!(await passwordMatches(account?.passwordHash, password)) || !account) throw new AppError('invalid_credentials');
    const result = await this.startFamily(account.id);
    await this.limits.succeeded(email);
    return result;
  }

  async loginWithLink({ token }: LinkLoginInput, address: string): Promise<SignInResult> {
    await this.limits.address(address);
    const userId = await this.store.withSystem('sign_in', ({ loginTokens }) => loginTokens.consume(token));
    if (!userId) throw new AppError('invalid_credentials', { detail: 'This sign-in link has been used or is too old. Ask for a new one.' });
    return this.startFamily(userId);
  }

  async refresh(presented: RefreshToken | undefined, tenantId: TenantId | undefined, address: string): Promise<SignInResult> {
    await this.limits.refresh(address);
    if (!presented) throw new AppError('unauthenticated');
    const { familyId } = presented;
    const next = newToken();
    const rotation = await this.store.withSystem('sign_in', async ({ refreshFamilies }) => {
      const outcome = await refreshFamilies.rotate({ familyId, presented: presented.token, next, lifetimeSeconds: REFRESH_SECONDS });
      if (tenantId === undefined || outcome.outcome === 'refused' || outcome.outcome === 'reused' || outcome.tenantId === tenantId)
        return outcome;
      if (!(await refreshFamilies.switchTenant(familyId, tenantId))) throw new AppError('not_found');
      return { ...outcome, tenantId };
    });
    if (rotation.outcome === 'reused') this.announceRevocation();
    if (rotation.outcome === 'reused' || rotation.outcome === 'refused') throw new AppError('unauthenticated');
    const answer = await this.answer({ userId: rotation.userId, tenantId: rotation.tenantId, familyId });
    return rotation.outcome === 'rotated' ? { answer, cookie: { familyId, token: next } } : { answer };
  }

  /** Ends this browser's sign-in; its sockets close. Without a cookie there is nothing to end. */
  async logout(presented: RefreshToken | undefined): Promise<void> {
    if (!presented) return;
    const { familyId, token } = presented;
    await this.store.withSystem('sign_in', async ({ refreshFamilies }) => {
      const { outcome } = await refreshFamilies.rotate({ familyId, presented: token, next: newToken(), lifetimeSeconds: REFRESH_SECONDS });
      if (outcome === 'rotated' || outcome === 'concurrent') await refreshFamilies.revoke(familyId);
    });
    this.announceRevocation();
  }

  async me(scope: TenantScope): Promise<Me> {
    const { account, tenants } = await this.account(scope.userId);
    return { user: userOf(account), tenantId: scope.tenantId, role: scope.role, tenants };
  }

  private async startFamily(userId: UserId): Promise<SignInResult> {
    const { tenants } = await this.account(userId);
    const tenantId = tenants[0]?.id;
    if (!tenantId) throw new AppError('invalid_credentials', { detail: 'This account is not a member of any tenant.' });
    const token = newToken();
    const familyId = await this.store.withSystem('sign_in', ({ refreshFamilies }) =>
      refreshFamilies.create({ userId, tenantId, token, lifetimeSeconds: REFRESH_SECONDS }),
    );
    return { answer: await this.answer({ userId, tenantId, familyId }), cookie: { familyId, token } };
  }

  private async answer(principal: Principal): Promise<SignedIn> {
    const { account, tenants } = await this.account(principal.userId);
    const accessToken = await this.tokens.issue(principal);
    return { accessToken, expiresIn: ACCESS_TOKEN_S, user: userOf(account), tenantId: principal.tenantId, tenants };
  }

  private async account(userId: UserId) {
    return this.store.withSystem('sign_in', async ({ users, memberships }) => {
      const account = await users.find(userId);
      if (!account) throw new AppError('unauthenticated');
      return { account, tenants: await memberships.ofUser(userId) };
    });
  }

  private announceRevocation(): void {
    void this.bus.ring(redisChannels.principals());
  }
}
