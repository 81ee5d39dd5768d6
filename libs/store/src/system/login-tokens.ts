import { type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import { tokenHash } from '../token-hash.js';
import type { Transaction } from '../transactor.js';

/** A spent or stale link is kept for a day: long enough to explain why it does not work. */
const KEPT = '1 day';

export interface NewLoginToken {
  userId: UserId;
  /** The secret of the link; only its hash is stored. */
  token: string;
  lifetimeSeconds: number;
}

/** One-time sign-in links. */
export class LoginTokens {
  constructor(private readonly tx: Transaction) {}

  async create({ userId, token, lifetimeSeconds }: NewLoginToken): Promise<void> {
    await this.tx.$executeRaw`DELETE FROM login_tokens WHERE expires_at < clock_timestamp() - ${KEPT}::interval`;
    await this.tx.$executeRaw`
      INSERT INTO login_tokens (token_hash, user_id, expires_at)
      VALUES (${tokenHash(token)}, ${uuidFromId(userId)}::uuid, clock_timestamp() + make_interval(secs => ${lifetimeSeconds}::float8))`;
  }

  /** Spends a link: of two callers at once, one gets the user. */
  async consume(token: string): Promise<UserId | undefined> {
    const [row] = await this.tx.$queryRaw<{ user_id: string }[]>`
      UPDATE login_tokens SET used_at = clock_timestamp()
      WHERE token_hash = ${tokenHash(token)} AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING user_id`;
    return row === undefined ? undefined : idFromUuid('user', row.user_id);
  }
}
