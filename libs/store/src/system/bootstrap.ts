import { randomUUID } from 'node:crypto';
import { type TenantId, type UserId, idFromUuid } from '@berth/protocol';
import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../transactor.js';
import type { FirstTenant } from './sign-in-types.js';

/** Two gateways that start at once must not both find an empty installation. Any number that nobody else uses. */
const BOOTSTRAP_LOCK = 0x6265_7274;

/** Who owns the installation. */
export interface FirstOwner {
  tenantId: TenantId;
  userId: UserId;
}

/** The first tenant of an installation. */
export class Bootstrap {
  constructor(private readonly tx: Transaction) {}

  /** Creates the first tenant with its owner; when there is a tenant already, answers with its first owner and changes nothing. */
  async createFirst({ tenantName, email, userName, passwordHash }: FirstTenant): Promise<FirstOwner & { created: boolean }> {
    await this.tx.$executeRaw`SELECT pg_advisory_xact_lock(${BOOTSTRAP_LOCK}::bigint)`;
    const owner = await this.firstOwner();
    if (owner !== undefined) return { ...owner, created: false };
    // The id of a person does not tell when the account was made: see Members.add.
    const [tenant, user] = [uuidv7(), randomUUID()];
    await this.tx.$executeRaw`INSERT INTO tenants (id, name) VALUES (${tenant}::uuid, ${tenantName})`;
    await this.tx.$executeRaw`
      INSERT INTO users (id, email, name, password_hash) VALUES (${user}::uuid, ${email.toLowerCase()}, ${userName}, ${passwordHash ?? null})`;
    await this.tx.$executeRaw`INSERT INTO memberships (tenant_id, user_id, role) VALUES (${tenant}::uuid, ${user}::uuid, 'owner')`;
    return { tenantId: idFromUuid('tenant', tenant), userId: idFromUuid('user', user), created: true };
  }

  /** Longest-standing owner of the oldest tenant; undefined while there is none. */
  async firstOwner(): Promise<FirstOwner | undefined> {
    const [owner] = await this.tx.$queryRaw<{ tenant_id: string; user_id: string }[]>`
      SELECT m.tenant_id, m.user_id FROM memberships m JOIN tenants t ON t.id = m.tenant_id
      WHERE m.role = 'owner' AND m.revoked_at IS NULL ORDER BY t.created_at, m.created_at, m.user_id LIMIT 1`;
    return owner === undefined ? undefined : { tenantId: idFromUuid('tenant', owner.tenant_id), userId: idFromUuid('user', owner.user_id) };
  }
}
