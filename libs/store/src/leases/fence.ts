/**
 * Condition on `sessions s` under which the owner of run ($1 tenant, $2 session, $3 epoch) may still write. An epoch that has moved
 * on, a lease that has ended, a run that has been closed: no row, hence `lease_lost`. The lease is judged by the database's clock.
 */
const FENCE = 's.tenant_id = $1 AND s.id = $2 AND s.epoch = $3 AND s.lease_until > clock_timestamp()';

/** For the negative control only: the same parameters, nothing checked. A suite that stays green with it proves nothing. */
const NO_FENCE = 's.tenant_id = $1 AND s.id = $2 AND $3::int IS NOT NULL';

/** The fence, or its negative control under the test flag `no-fence`. */
export const fenceFor = (flags: ReadonlySet<string>): string => (flags.has('no-fence') ? NO_FENCE : FENCE);
