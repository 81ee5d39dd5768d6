import type { Store } from '@berth/store';
import type { UserId } from '@berth/protocol';
import type { GatewayEnv } from '../env.js';
import { hashPassword } from './passwords.js';

/** Who owns an installation that nobody has named an owner for; he signs in by link. */
const NOBODY = 'owner@localhost.localdomain';

/** The owner of the first tenant; creates both, with the password of the environment if there is one, while there is no tenant at all. */
export async function ensureFirstTenant(store: Store, { admin }: Pick<GatewayEnv, 'admin'>): Promise<UserId> {
  const there = await store.withSystem('bootstrap', ({ tenants }) => tenants.firstOwner());
  if (there) return there.userId;
  const email = admin?.email ?? NOBODY;
  const passwordHash = admin && (await hashPassword(admin.password));
  const { userId } = await store.withSystem('bootstrap', ({ tenants }) =>
    tenants.createFirst({
      tenantName: 'Default',
      email,
      userName: email.split('@')[0] ?? email,
      ...(passwordHash === undefined ? {} : { passwordHash }),
    }),
  );
  return userId;
}
