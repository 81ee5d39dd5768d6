import { type SessionId, type TenantId, type UserId, uuidFromId } from '@berth/protocol';
import { tokenHash } from '../token-hash.js';
import type { Transaction } from '../transactor.js';

export interface NewSocketTicket {
  /** The ticket itself; only its hash is stored. */
  ticket: string;
  userId: UserId;
  /** Sign-in that the ticket comes from; when that ends, the ticket does. */
  familyId: string;
  /** The one session that it is good for; absent = any. */
  sessionId?: SessionId | undefined;
  lifetimeSeconds: number;
}

/** Tickets of one tenant: written here, consumed by whoever receives them, before the tenant is known. */
export class SocketTicketRepository {
  constructor(
    private readonly tenantId: TenantId,
    private readonly tx: Transaction,
  ) {}

  /** `not_found`: the tenant has no such session. */
  async create({ ticket, userId, familyId, sessionId, lifetimeSeconds }: NewSocketTicket): Promise<'created' | 'not_found'> {
    const session = sessionId === undefined ? null : uuidFromId(sessionId);
    const created = await this.tx.$executeRaw`
      INSERT INTO socket_tickets (token_hash, tenant_id, user_id, family_id, session_id, expires_at)
      SELECT ${tokenHash(ticket)}, ${uuidFromId(this.tenantId)}::uuid, ${uuidFromId(userId)}::uuid, ${familyId}::uuid, ${session}::uuid,
        clock_timestamp() + make_interval(secs => ${lifetimeSeconds}::float8)
      WHERE ${session}::uuid IS NULL OR EXISTS (SELECT FROM sessions WHERE id = ${session}::uuid)`;
    return created === 1 ? 'created' : 'not_found';
  }
}
