import { type Member, MemberRole, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import { Prisma } from '../generated/client.js';
import type { Transaction } from '../transactor.js';

interface MemberRow {
  user_id: string;
  email: string;
  name: string;
  role: string;
  created_at: Date;
  revoked_at: Date | null;
}

/** A tenant knows people by the name that it was given for them, until they choose one themselves. */
const SELECT_MEMBERS = Prisma.sql`
  SELECT m.user_id, u.email, coalesce(m.name, u.name) AS name, m.role, m.created_at, m.revoked_at
  FROM memberships m JOIN users u ON u.id = m.user_id`;

const toMember = (row: MemberRow): Member => ({
  user: { id: idFromUuid('user', row.user_id), email: row.email, name: row.name },
  role: MemberRole.parse(row.role),
  createdAt: row.created_at.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
});

/** Members of one tenant, as everybody in it may see them. */
export class MemberRepository {
  constructor(private readonly tx: Transaction) {}

  /** Role of a member; undefined for one who is none or no longer. */
  async roleOf(userId: UserId): Promise<MemberRole | undefined> {
    const member = await this.tx.membership.findFirst({ where: { userId: uuidFromId(userId), revokedAt: null }, select: { role: true } });
    return member === null ? undefined : MemberRole.parse(member.role);
  }

  /** Everybody who is a member, and those who were until they were removed; longest-standing first. */
  async list(): Promise<Member[]> {
    return (await this.tx.$queryRaw<MemberRow[]>`${SELECT_MEMBERS} ORDER BY m.created_at, m.user_id`).map(toMember);
  }

  /** One of {@link list}; undefined for anybody else. */
  async find(userId: UserId): Promise<Member | undefined> {
    const [row] = await this.tx.$queryRaw<MemberRow[]>`${SELECT_MEMBERS} WHERE m.user_id = ${uuidFromId(userId)}::uuid`;
    return row === undefined ? undefined : toMember(row);
  }
}
