import type { TenantMembership, User } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import type { Account, Principal, SystemRepositories, Trust } from '@berth/store';

/** An account as one of its sign-ins may see it. */
export interface SeenAccount extends Trust {
  account: Account;
  /** Of a confined sign-in its own tenant alone. */
  tenants: TenantMembership[];
  /** Other tenants that the account belongs to, seen or not. */
  elsewhere: number;
}

export const userOf = ({ id, email, name }: Account): User => ({ id, email, name });

/** Reads the account behind a sign-in. Rejects with `unauthenticated` when it is gone. */
export async function seeAccount(
  { users, memberships, refreshFamilies }: SystemRepositories<'sign_in'>,
  { userId, tenantId, familyId }: Principal,
): Promise<SeenAccount> {
  const account = await users.findIn(tenantId, userId);
  if (!account) throw new AppError('unauthenticated');
  const trust = await refreshFamilies.trustOf(familyId);
  const all = await memberships.ofUser(userId);
  const own = all.filter(({ id }) => id === tenantId);
  return { account, ...trust, tenants: trust.confined ? own : all, elsewhere: all.length - own.length };
}

/**
 * Whether e-mail address and password would sign in where this sign-in is. A confined one is not told of a password that is good for other tenants:
 * that would tell whoever made its link that they exist.
 */
export function hasPassword({ account, confined, elsewhere }: SeenAccount, { tenantId }: Principal): boolean {
  if (account.passwordHash === null || !confined) return account.passwordHash !== null;
  return account.passwordTenantId === null ? elsewhere === 0 : account.passwordTenantId === tenantId;
}
