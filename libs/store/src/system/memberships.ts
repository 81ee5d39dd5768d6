import { MemberRole, type TenantMembership, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import type { Transaction } from '../transactor.js';

/** Tenants of one user. */
export class Memberships {
  constructor(private readonly tx: Transaction) {}

  /** Live memberships, longest-standing first. */
  async ofUser(userId: UserId): Promise<TenantMembership[]> {
    const rows = await this.tx.membership.findMany({
      where: { userId: uuidFromId(userId), revokedAt: null },
      select: { tenantId: true, role: true, tenant: { select: { id: true, name: true } } },
      orderBy: [{ createdAt: 'asc' }, { tenantId: 'asc' }],
    });
    return rows.map(({ tenant, role }) => ({ id: idFromUuid('tenant', tenant.id), name: tenant.name, role: MemberRole.parse(role) }));
  }
}
