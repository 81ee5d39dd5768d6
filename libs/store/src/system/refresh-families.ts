import { timingSafeEqual } from 'node:crypto';
import { type TenantId, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import { v7 as uuidv7 } from 'uuid';
import { tokenHash } from '../token-hash.js';
import type { Transaction } from '../transactor.js';
import { mayEnter } from './may-enter.js';
import type { NewFamily, Rotation, RotationResult, SwitchResult, Trust } from './sign-in-types.js';

/** Two tabs refresh with the same cookie, or one does so again after a lost answer: no thief. Long enough for a slow phone, too short to steal by. */
const CONCURRENT_REFRESH_S = 60;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

interface FamilyRow {
  tenant_id: string;
  user_id: string;
  token_hash: Uint8Array;
  previous_hash: Uint8Array | null;
  confined: boolean;
  just_rotated: boolean;
}

const same = (left: Uint8Array, right: Uint8Array): boolean => left.length === right.length && timingSafeEqual(left, right);

/** Signed-in browsers. A stolen refresh token betrays itself when both sides have used it: then the family ends. */
export class RefreshFamilies {
  constructor(private readonly tx: Transaction) {}

  /** Starts a family and answers with its id. */
  async create({ userId, tenantId, trust, token, lifetimeSeconds }: NewFamily): Promise<string> {
    const id = uuidv7();
    await this.tx.$executeRaw`DELETE FROM refresh_families WHERE user_id = ${uuidFromId(userId)}::uuid AND expires_at < clock_timestamp()`;
    await this.tx.$executeRaw`
      INSERT INTO refresh_families (id, tenant_id, user_id, confined, recovery, token_hash, expires_at)
      VALUES (${id}::uuid, ${uuidFromId(tenantId)}::uuid, ${uuidFromId(userId)}::uuid, ${trust.confined}, ${trust.recovery}, ${tokenHash(token)},
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

  /** Moves the browser to another tenant of the same user, to which a confined one knows no way. Its unused tickets end. */
  async switchTenant(familyId: string, tenantId: TenantId): Promise<SwitchResult> {
    const family = await this.holdLive(familyId);
    if (family === undefined || family.confined) return 'not_found';
    const [member] = await this.tx.$queryRaw<{ may_enter: boolean }[]>`
      SELECT ${mayEnter} AS may_enter FROM memberships m JOIN refresh_families f ON f.id = ${familyId}::uuid AND f.user_id = m.user_id
      WHERE m.tenant_id = ${uuidFromId(tenantId)}::uuid AND m.revoked_at IS NULL`;
    if (member === undefined) return 'not_found';
    if (!member.may_enter) return 'signed_out';
    await this.tx.$executeRaw`DELETE FROM socket_tickets WHERE family_id = ${familyId}::uuid`;
    await this.tx.$executeRaw`UPDATE refresh_families SET tenant_id = ${uuidFromId(tenantId)}::uuid WHERE id = ${familyId}::uuid`;
    return 'switched';
  }

  /** What the sign-in may do. Throws for a family that never was. */
  async trustOf(familyId: string): Promise<Trust> {
    const [row] = await this.tx.$queryRaw<Trust[]>`SELECT confined, recovery FROM refresh_families WHERE id = ${familyId}::uuid`;
    if (row === undefined) throw new Error('a sign-in without its family');
    return row;
  }

  /** After a change of the password: the user's other browsers have to sign in again, and this one needs the password from now on to change it. */
  async keepOnly(familyId: string, userId: UserId): Promise<void> {
    await this.tx.$executeRaw`UPDATE refresh_families SET recovery = false WHERE id = ${familyId}::uuid`;
    await this.tx.$executeRaw`
      UPDATE refresh_families SET revoked_at = clock_timestamp()
      WHERE user_id = ${uuidFromId(userId)}::uuid AND id <> ${familyId}::uuid AND revoked_at IS NULL`;
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
      SELECT f.tenant_id, f.user_id, f.confined, f.token_hash, f.previous_hash,
        f.rotated_at > clock_timestamp() - make_interval(secs => ${CONCURRENT_REFRESH_S}::float8) AS just_rotated
      FROM refresh_families f
      JOIN memberships m ON m.tenant_id = f.tenant_id AND m.user_id = f.user_id AND ${mayEnter}
      WHERE f.id = ${familyId}::uuid AND f.revoked_at IS NULL AND f.expires_at > clock_timestamp() FOR UPDATE OF f`;
    return row;
  }
}
