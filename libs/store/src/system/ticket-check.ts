import { MemberRole, idFromUuid } from '@berth/protocol';
import { tokenHash } from '../token-hash.js';
import type { Transaction } from '../transactor.js';
import { mayEnter } from './may-enter.js';
import type { ConsumedTicket } from './sign-in-types.js';

interface TicketRow {
  tenant_id: string;
  user_id: string;
  family_id: string;
  session_id: string | null;
  role: string;
}

/** Socket tickets as they come in. */
export class TicketCheck {
  constructor(private readonly tx: Transaction) {}

  /** Spends a ticket: of two callers at once, one gets it. Stale tickets of everybody go with it. */
  async consume(ticket: string): Promise<ConsumedTicket | undefined> {
    const hash = tokenHash(ticket);
    const [row] = await this.tx.$queryRaw<TicketRow[]>`
      WITH gone AS (
        DELETE FROM socket_tickets WHERE token_hash = ${hash} OR expires_at < clock_timestamp() - interval '1 hour'
        RETURNING token_hash, tenant_id, user_id, family_id, session_id, expires_at
      )
      SELECT gone.tenant_id, gone.user_id, gone.family_id, gone.session_id, m.role
      FROM gone
      JOIN refresh_families f ON f.tenant_id = gone.tenant_id AND f.id = gone.family_id AND f.user_id = gone.user_id
      JOIN memberships m ON m.tenant_id = gone.tenant_id AND m.user_id = gone.user_id
      WHERE gone.token_hash = ${hash} AND gone.expires_at > clock_timestamp()
        AND f.revoked_at IS NULL AND f.expires_at > clock_timestamp() AND ${mayEnter}`;
    if (row === undefined) return undefined;
    return {
      tenantId: idFromUuid('tenant', row.tenant_id),
      userId: idFromUuid('user', row.user_id),
      familyId: row.family_id,
      role: MemberRole.parse(row.role),
      sessionId: row.session_id === null ? null : idFromUuid('session', row.session_id),
    };
  }
}
