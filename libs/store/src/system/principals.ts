import { MemberRole, idFromUuid, uuidFromId } from '@berth/protocol';
import type { Transaction } from '../transactor.js';
import { mayEnter } from './may-enter.js';
import type { LivePrincipal, Principal } from './sign-in-types.js';

interface PrincipalRow {
  tenant_id: string;
  user_id: string;
  family_id: string;
  role: string;
}

/** Who of many is still signed in and a member. */
export class Principals {
  constructor(private readonly tx: Transaction) {}

  /** Those that are alive, with their present role; one query whatever their number. */
  async live(principals: readonly Principal[]): Promise<LivePrincipal[]> {
    const rows = await this.tx.$queryRaw<PrincipalRow[]>`
      SELECT DISTINCT f.tenant_id, f.user_id, f.id AS family_id, m.role
      FROM unnest(${principals.map(({ tenantId }) => uuidFromId(tenantId))}::uuid[], ${principals.map(({ userId }) => uuidFromId(userId))}::uuid[],
        ${principals.map(({ familyId }) => familyId)}::uuid[]) AS p (tenant_id, user_id, family_id)
      JOIN refresh_families f ON f.id = p.family_id AND f.tenant_id = p.tenant_id AND f.user_id = p.user_id
      JOIN memberships m ON m.tenant_id = f.tenant_id AND m.user_id = f.user_id
      WHERE f.revoked_at IS NULL AND f.expires_at > clock_timestamp() AND ${mayEnter}`;
    return rows.map((row) => ({
      tenantId: idFromUuid('tenant', row.tenant_id),
      userId: idFromUuid('user', row.user_id),
      familyId: row.family_id,
      role: MemberRole.parse(row.role),
    }));
  }
}
