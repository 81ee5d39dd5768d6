import { type TenantId, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import { Prisma } from '../generated/client.js';
import type { Transaction } from '../transactor.js';
import type { Account } from './sign-in-types.js';

interface AccountRow {
  id: string;
  email: string;
  name: string;
  password_hash: string | null;
  password_tenant_id: string | null;
}

/** People who may sign in, whatever their tenants. */
export class Users {
  constructor(private readonly tx: Transaction) {}

  /** With the name under which a tenant knows the user. */
  async findIn(tenantId: TenantId, userId: UserId): Promise<Account | undefined> {
    return this.read(Prisma.sql`
      SELECT u.id, u.email, coalesce(m.name, u.name) AS name, u.password_hash, u.password_tenant_id FROM users u
      LEFT JOIN memberships m ON m.user_id = u.id AND m.tenant_id = ${uuidFromId(tenantId)}::uuid WHERE u.id = ${uuidFromId(userId)}::uuid`);
  }

  /** Addresses are compared without regard to case. */
  async findByEmail(email: string): Promise<Account | undefined> {
    return this.read(Prisma.sql`
      SELECT id, email, name, password_hash, password_tenant_id FROM users WHERE email = ${email.toLowerCase()}`);
  }

  /** Changes the name that every tenant of the user sees. */
  async rename(userId: UserId, name: string): Promise<void> {
    await this.tx.$executeRaw`UPDATE users SET name = ${name} WHERE id = ${uuidFromId(userId)}::uuid`;
    await this.tx.$executeRaw`UPDATE memberships SET name = NULL WHERE user_id = ${uuidFromId(userId)}::uuid`;
  }

  /** Changes the name that one tenant of the user sees. */
  async renameIn(tenantId: TenantId, userId: UserId, name: string): Promise<void> {
    await this.tx.$executeRaw`
      UPDATE memberships SET name = ${name} WHERE tenant_id = ${uuidFromId(tenantId)}::uuid AND user_id = ${uuidFromId(userId)}::uuid`;
  }

  /** `opens`: the one tenant that the password opens; null = all of the user's. */
  async setPassword(userId: UserId, passwordHash: string, opens: TenantId | null): Promise<void> {
    await this.tx.$executeRaw`
      UPDATE users SET password_hash = ${passwordHash}, password_tenant_id = ${opens === null ? null : uuidFromId(opens)}::uuid
      WHERE id = ${uuidFromId(userId)}::uuid`;
  }

  private async read(query: Prisma.Sql): Promise<Account | undefined> {
    const [row] = await this.tx.$queryRaw<AccountRow[]>(query);
    if (row === undefined) return undefined;
    return {
      id: idFromUuid('user', row.id),
      email: row.email,
      name: row.name,
      passwordHash: row.password_hash,
      passwordTenantId: row.password_tenant_id === null ? null : idFromUuid('tenant', row.password_tenant_id),
    };
  }
}
