import { type TenantId, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import { tokenHash } from '../token-hash.js';
import type { Transaction } from '../transactor.js';
import type { ConsumedLink } from './sign-in-types.js';

/** A spent or stale link is kept for a day: long enough to explain why it does not work. */
const KEPT = '1 day';

export interface NewLoginToken {
  userId: UserId;
  /** The secret of the link; only its hash is stored. */
  token: string;
  lifetimeSeconds: number;
  /** The one tenant that the link opens, of which the user is a member; absent = all of the user's. */
  tenantId?: TenantId | undefined;
  /** Absent: whoever runs the installation. */
  createdBy?: UserId | undefined;
}

const uuidOrNull = (id: TenantId | UserId | undefined): string | null => (id === undefined ? null : uuidFromId(id));

/** One-time sign-in links. */
export class LoginTokens {
  constructor(private readonly tx: Transaction) {}

  /** Answers with the time at which the link ends. */
  async create({ userId, token, lifetimeSeconds, tenantId, createdBy }: NewLoginToken): Promise<Date> {
    await this.tx.$executeRaw`DELETE FROM login_tokens WHERE expires_at < clock_timestamp() - ${KEPT}::interval`;
    const [row] = await this.tx.$queryRaw<{ expires_at: Date }[]>`
      INSERT INTO login_tokens (token_hash, user_id, tenant_id, created_by, expires_at)
      VALUES (${tokenHash(token)}, ${uuidFromId(userId)}::uuid, ${uuidOrNull(tenantId)}::uuid, ${uuidOrNull(createdBy)}::uuid,
        clock_timestamp() + make_interval(secs => ${lifetimeSeconds}::float8))
      RETURNING expires_at`;
    if (row === undefined) throw new Error('a link was made without an answer');
    return row.expires_at;
  }

  /** Spends a link: of two callers at once, one gets what it was made for. */
  async consume(token: string): Promise<ConsumedLink | undefined> {
    const [row] = await this.tx.$queryRaw<{ user_id: string; tenant_id: string | null; created_by: string | null }[]>`
      UPDATE login_tokens SET used_at = clock_timestamp()
      WHERE token_hash = ${tokenHash(token)} AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING user_id, tenant_id, created_by`;
    if (row === undefined) return undefined;
    return {
      userId: idFromUuid('user', row.user_id),
      tenantId: row.tenant_id === null ? null : idFromUuid('tenant', row.tenant_id),
      createdBy: row.created_by === null ? null : idFromUuid('user', row.created_by),
    };
  }

  /** Voids what the user made, and what opens more than one tenant; the links of admins stay. */
  async voidOwn(userId: UserId): Promise<void> {
    const user = uuidFromId(userId);
    await this.tx.$executeRaw`DELETE FROM login_tokens WHERE user_id = ${user}::uuid AND (tenant_id IS NULL OR created_by = ${user}::uuid)`;
  }
}
