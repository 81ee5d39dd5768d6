import { timingSafeEqual } from 'node:crypto';
import { type TenantId, idFromUuid, uuidFromId } from '@berth/protocol';
import { v7 as uuidv7 } from 'uuid';
import { tokenHash } from '../token-hash.js';
import type { Transaction } from '../transactor.js';
import type { NewFamily, Rotation, RotationResult } from './sign-in-types.js';

/** Two tabs refresh with the same cookie at the same moment; the later one is no thief. Long enough for a slow phone, too short to steal by. */
const CONCURRENT_REFRESH_S = 30;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

interface FamilyRow {
  tenant_id: string;
  user_id: string;
  token_hash: Uint8Array;
  previous_hash: Uint8Array | null;
  just_rotated: boolean;
}

const same = (left: Uint8Array, right: Uint8Array): boolean => left.length === right.length && timingSafeEqual(left, right);

/** Signed-in browsers. A stolen refresh token betrays itself when both sides have used it: then the family ends. */
export class RefreshFamilies {
  constructor(private readonly tx: Transaction) {}

  /** Starts a family and answers with its id. */
  async create({ userId, tenantId, token, lifetimeSeconds }: NewFamily): Promise<string> {
    const id = uuidv7();
    await this.tx.$executeRaw`DELETE FROM refresh_families WHERE user_id = ${uuidFromId(userId)}::uuid AND expires_at < clock_timestamp()`;
    await this.tx.$executeRaw`
      INSERT INTO refresh_families (id, tenant_id, user_id, token_hash, expires_at)
      VALUES (${id}::uuid, ${uuidFromId(tenantId)}::uuid, ${uuidFromId(userId)}::uuid, ${tokenHash(token)},
        clock_timestamp() + make_interval(secs => ${lifetimeSeconds}::float8))`;
    return id;
  }

  /** Exchanges the presented token for the next one; see {@link RotationResult}. */
  async rotate({ familyId, presented, next, lifetimeSeconds }: Rotation): Promise<RotationResult> {
    const family = await this.holdLive(familyId);
    if (family === undefined) return { outcome: 'refused' };
    const owner = { userId: idFromUuid('user', family.user_id), tenantId: idFromUuid('tenant', family.tenant_id) };
    const hash = tokenHash(presented);
    if (same(hash, family.token_hash)) {
      await this.tx.$executeRaw`
        UPDATE refresh_families SET token_hash = ${tokenHash(next)}, previous_hash = token_hash, generation = generation + 1,
          rotated_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => ${lifetimeSeconds}::float8)
        WHERE id = ${familyId}::uuid`;
      return { outcome: 'rotated', ...owner };
    }
    if (family.just_rotated && family.previous_hash !== null && same(hash, family.previous_hash))
      return { outcome: 'concurrent', ...owner };
    await this.revoke(familyId);
    return { outcome: 'reused', ...owner };
  }

  /** Moves the browser to another tenant of the same user; false when there is no such live membership. Its unused tickets end. */
  async switchTenant(familyId: string, tenantId: TenantId): Promise<boolean> {
    const family = await this.holdLive(familyId);
    if (family === undefined) return false;
    const member = await this.tx.membership.findFirst({
      where: { tenantId: uuidFromId(tenantId), userId: family.user_id, revokedAt: null },
      select: { userId: true },
    });
    if (member === null) return false;
    await this.tx.$executeRaw`DELETE FROM socket_tickets WHERE family_id = ${familyId}::uuid`;
    await this.tx.$executeRaw`UPDATE refresh_families SET tenant_id = ${uuidFromId(tenantId)}::uuid WHERE id = ${familyId}::uuid`;
    return true;
  }

  /** Ends the family: its access tokens and sockets stop counting within the next check of live principals. */
  async revoke(familyId: string): Promise<void> {
    if (!UUID.test(familyId)) return;
    await this.tx
      .$executeRaw`UPDATE refresh_families SET revoked_at = clock_timestamp() WHERE id = ${familyId}::uuid AND revoked_at IS NULL`;
  }

  /** The family, held until the transaction ends; undefined unless it, and its user's membership, are alive. */
  private async holdLive(familyId: string): Promise<FamilyRow | undefined> {
    if (!UUID.test(familyId)) return undefined;
    const [row] = await this.tx.$queryRaw<FamilyRow[]>`
      SELECT f.tenant_id, f.user_id, f.token_hash, f.previous_hash,
        f.rotated_at > clock_timestamp() - make_interval(secs => ${CONCURRENT_REFRESH_S}::float8) AS just_rotated
      FROM refresh_families f
      JOIN memberships m ON m.tenant_id = f.tenant_id AND m.user_id = f.user_id AND m.revoked_at IS NULL
      WHERE f.id = ${familyId}::uuid AND f.revoked_at IS NULL AND f.expires_at > clock_timestamp() FOR UPDATE OF f`;
    return row;
  }
}
