import { Bus } from '@berth/bus';
import type { LoginLink, Me, MePatch, PasswordInput } from '@berth/protocol';
import { AppError, redisChannels } from '@berth/protocol';
import { Store } from '@berth/store';
import { Injectable } from '@nestjs/common';
import { Origins } from '../edge/origins.js';
import type { TenantScope } from '../edge/scope.js';
import { hasPassword, seeAccount, userOf } from './accounts.js';
import type { SeenAccount } from './accounts.js';
import { OWN_LINK_S, newLinkToken, toLoginLink } from './login-links.js';
import { hashPassword, passwordMatches } from './passwords.js';
import { SignInLimits } from './sign-in-limits.js';

/** What people do with their own account; every role may. */
@Injectable()
export class AccountService {
  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    private readonly limits: SignInLimits,
    private readonly origins: Origins,
  ) {}

  async me(scope: TenantScope): Promise<Me> {
    return toMe(scope, await this.see(scope));
  }

  /** A confined sign-in changes the name in its own tenant alone. */
  async rename(scope: TenantScope, { name }: MePatch): Promise<Me> {
    const seen = await this.store.withSystem('sign_in', async (repositories) => {
      const { confined } = await seeAccount(repositories, scope);
      if (confined) await repositories.users.renameIn(scope.tenantId, scope.userId, name);
      else await repositories.users.rename(scope.userId, name);
      return seeAccount(repositories, scope);
    });
    return toMe(scope, seen);
  }

  /** Ends the account's other sign-ins. What a confined sign-in sets opens its own tenant alone, like itself. */
  async setPassword(scope: TenantScope, { password, currentPassword }: PasswordInput): Promise<void> {
    const { tenantId, userId, familyId } = scope;
    await this.mayChoosePassword(await this.see(scope), currentPassword);
    const passwordHash = await hashPassword(password);
    await this.store.withSystem('sign_in', async (repositories) => {
      // Once more: the account may have been added to another tenant meanwhile.
      const { confined, elsewhere } = await seeAccount(repositories, scope);
      if (confined && elsewhere > 0) throw refusedHere();
      await repositories.users.setPassword(userId, passwordHash, confined ? tenantId : null);
      await repositories.refreshFamilies.keepOnly(familyId, userId);
      await repositories.loginTokens.voidOwn(userId);
    });
    void this.bus.ring(redisChannels.principals());
  }

  /** A link for another device of the same person; it can do what this sign-in can, and not more. */
  async createLink(scope: TenantScope): Promise<LoginLink> {
    await this.limits.links(scope.userId);
    const { tenantId, userId, familyId } = scope;
    const token = newLinkToken();
    const expiresAt = await this.store.withSystem('sign_in', async ({ refreshFamilies, loginTokens }) => {
      const { confined } = await refreshFamilies.trustOf(familyId);
      const opens = confined ? { tenantId } : {};
      return loginTokens.create({ userId, token, lifetimeSeconds: OWN_LINK_S, createdBy: userId, ...opens });
    });
    return toLoginLink(this.origins.public, token, expiresAt);
  }

  private see(scope: TenantScope): Promise<SeenAccount> {
    return this.store.withSystem('sign_in', (repositories) => seeAccount(repositories, scope));
  }

  /** Whoever found a browser open must not keep the account: the present password is asked for, unless a link has just let its owner in without. */
  private async mayChoosePassword(
    { account, confined, recovery, elsewhere }: SeenAccount,
    currentPassword: string | undefined,
  ): Promise<void> {
    if (confined && elsewhere > 0) throw refusedHere();
    if (recovery || account.passwordHash === null) return;
    if (currentPassword === undefined) throw wrongPassword();
    await this.limits.account(account.email);
    if (!(await passwordMatches(account.passwordHash, currentPassword))) throw wrongPassword();
    await this.limits.succeeded(account.email);
  }
}

const wrongPassword = () =>
  new AppError('invalid_credentials', {
    detail: 'Give the present password as currentPassword. If it is lost, ask an admin for a new sign-in link.',
  });

const refusedHere = () =>
  new AppError('forbidden', { detail: 'This sign-in came from a link to one tenant and cannot set the password of the account.' });

const toMe = (scope: TenantScope, seen: SeenAccount): Me => ({
  user: userOf(seen.account),
  tenantId: scope.tenantId,
  role: scope.role,
  tenants: seen.tenants,
  hasPassword: hasPassword(seen, scope),
});
