import type { MemberRole } from '@berth/protocol';
import { AppError } from '@berth/protocol';
import type { TenantScope } from '../edge/scope.js';

/** Whether a role runs its tenant: members, links, model settings. */
const isAdmin = (role: MemberRole | undefined): boolean => role === 'owner' || role === 'admin';

const onlyAdmins = () => new AppError('forbidden', { detail: 'Only owners and admins of this tenant may do this.' });

/** Refuses everybody but owners and admins. */
export function requireAdmin({ role }: TenantScope): void {
  if (!isAdmin(role)) throw onlyAdmins();
}

/** Refuses an actor who may not change somebody with this role, or give it: admins run everything but owners. */
export function requireAuthority(actor: MemberRole | undefined, over: MemberRole): void {
  if (!isAdmin(actor)) throw onlyAdmins();
  if (over === 'owner' && actor !== 'owner') throw new AppError('forbidden', { detail: 'Only owners may do this to an owner.' });
}
