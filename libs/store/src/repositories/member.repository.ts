import { MemberRole, type UserId, uuidFromId } from '@berth/protocol';
import type { Transaction } from '../transactor.js';

/** Members of one tenant. */
export class MemberRepository {
  constructor(private readonly tx: Transaction) {}

  /** Role of a member; undefined for one who is none or no longer. */
  async roleOf(userId: UserId): Promise<MemberRole | undefined> {
    const member = await this.tx.membership.findFirst({ where: { userId: uuidFromId(userId), revokedAt: null }, select: { role: true } });
    return member === null ? undefined : MemberRole.parse(member.role);
  }
}
