import { randomUUID } from 'node:crypto';
import { type Member, MemberRole, type TenantId, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import type { Transaction } from '../transactor.js';

/** A member whose row is held until the transaction ends. */
export interface HeldMember {
  userId: UserId;
  role: MemberRole;
  /** Removed earlier. */
  revoked: boolean;
}

/** The members that a change is about. */
export interface HeldMembers {
  /** Whoever makes the change; undefined: not a member, or no longer. */
  actor: HeldMember | undefined;
  /** Whoever is changed; undefined: never was a member. */
  target: HeldMember | undefined;
  /** How many owners the tenant has. */
  owners: number;
}

export interface NewMember {
  email: string;
  /** Under which the tenant knows the person; absent: the address up to its @, or the name of one who was a member before. */
  name?: string | undefined;
  role: MemberRole;
}

interface MemberRow {
  user_id: string;
  role: string;
  revoked_at: Date | null;
}

interface AddedRow {
  user_id: string;
  name: string;
  created_at: Date;
}

const held = (row: MemberRow): HeldMember => ({
  userId: idFromUuid('user', row.user_id),
  role: MemberRole.parse(row.role),
  revoked: row.revoked_at !== null,
});

/** Who belongs to a tenant. The system role sees all tenants, so each statement names its own. */
export class Members {
  constructor(private readonly tx: Transaction) {}

  /**
   * Holds the rows of both and of every owner, in one order, so that two changes at once see each other: of two owners who remove one another, one
   * is gone when the other's turn comes.
   */
  async hold(tenantId: TenantId, { actor, target }: { actor: UserId; target?: UserId }): Promise<HeldMembers> {
    const asked = [actor, ...(target === undefined ? [] : [target])].map((id) => uuidFromId(id));
    const rows = await this.tx.$queryRaw<MemberRow[]>`
      SELECT user_id, role, revoked_at FROM memberships
      WHERE tenant_id = ${uuidFromId(tenantId)}::uuid AND (user_id = ANY (${asked}::uuid[]) OR role = 'owner')
      ORDER BY user_id FOR UPDATE`;
    const members = rows.map(held);
    const living = members.filter(({ revoked }) => !revoked);
    return {
      actor: living.find(({ userId }) => userId === actor),
      target: members.find(({ userId }) => userId === target),
      owners: living.filter(({ role }) => role === 'owner').length,
    };
  }

  /**
   * Adds a person, or one who was removed again; undefined: is a member. The same statements run and the same answer is given whether or not the
   * address is known to other tenants: of an account that is there already, nothing is changed and nothing is told, not even by its id.
   */
  async add(tenantId: TenantId, { email, name, role }: NewMember): Promise<Member | undefined> {
    const address = email.toLowerCase();
    const shown = name ?? address.split('@')[0] ?? address;
    await this.tx.$executeRaw`
      INSERT INTO users (id, email, name) VALUES (${randomUUID()}::uuid, ${address}, ${shown}) ON CONFLICT (email) DO NOTHING`;
    const [row] = await this.tx.$queryRaw<AddedRow[]>`
      INSERT INTO memberships AS m (tenant_id, user_id, role, name)
      SELECT ${uuidFromId(tenantId)}::uuid, id, ${role}, ${shown} FROM users WHERE email = ${address}
      ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = ${role}, revoked_at = NULL,
        name = coalesce(${name ?? null}, m.name, (SELECT u.name FROM users u WHERE u.id = m.user_id))
      WHERE m.revoked_at IS NOT NULL
      RETURNING user_id, name, created_at`;
    if (row === undefined) return undefined;
    const user = { id: idFromUuid('user', row.user_id), email: address, name: row.name };
    return { user, role, createdAt: row.created_at.toISOString(), revokedAt: null };
  }

  /** With less than an owner's role, links that the member made for others are void: whoever may no longer make one may have kept one. */
  async setRole(tenantId: TenantId, userId: UserId, role: MemberRole): Promise<void> {
    const [tenant, user] = [uuidFromId(tenantId), uuidFromId(userId)];
    await this.tx.$executeRaw`UPDATE memberships SET role = ${role} WHERE tenant_id = ${tenant}::uuid AND user_id = ${user}::uuid`;
    if (role === 'owner') return;
    await this.tx.$executeRaw`
      DELETE FROM login_tokens WHERE tenant_id = ${tenant}::uuid AND created_by = ${user}::uuid AND user_id <> ${user}::uuid`;
  }

  /** Ends the membership with every sign-in in it; what the person has done stays. */
  async remove(tenantId: TenantId, userId: UserId): Promise<void> {
    await this.signOut(tenantId, userId);
    await this.tx.$executeRaw`
      UPDATE memberships SET revoked_at = clock_timestamp()
      WHERE tenant_id = ${uuidFromId(tenantId)}::uuid AND user_id = ${uuidFromId(userId)}::uuid AND revoked_at IS NULL`;
  }

  /**
   * From now on only sign-ins that begin later count in this tenant; links that would begin one are void, and so are those that the member made here for
   * others: each is a way in that would outlast this. Other tenants of the user keep theirs.
   */
  async signOut(tenantId: TenantId, userId: UserId): Promise<void> {
    const [tenant, user] = [uuidFromId(tenantId), uuidFromId(userId)];
    await this.tx.$executeRaw`
      UPDATE memberships SET signed_out_at = clock_timestamp() WHERE tenant_id = ${tenant}::uuid AND user_id = ${user}::uuid`;
    await this.tx.$executeRaw`
      DELETE FROM login_tokens
      WHERE (tenant_id = ${tenant}::uuid AND (user_id = ${user}::uuid OR created_by = ${user}::uuid))
        OR (user_id = ${user}::uuid AND created_by = ${user}::uuid)`;
  }
}
