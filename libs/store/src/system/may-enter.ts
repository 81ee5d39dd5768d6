import { Prisma } from '../generated/client.js';

/**
 * Condition under which a sign-in `refresh_families f` counts in the tenant of `memberships m`: the member has not been removed, nor signed out there
 * since it began. One that began before the member was removed and added again does not come back to life.
 */
export const mayEnter = Prisma.sql`(m.revoked_at IS NULL AND (m.signed_out_at IS NULL OR f.created_at > m.signed_out_at))`;
