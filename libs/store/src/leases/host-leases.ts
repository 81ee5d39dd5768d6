import { OFFSET_RESERVATION, idFromUuid, uuidFromId } from '@berth/protocol';
import { v7 as uuidv7 } from 'uuid';
import type { LeaseDatabase } from './lease-database.js';
import { CLAIM_COLUMNS, type ClaimRow, type LostRow, type RenewedRow, toClaimedRun, toLostRun, toRenewedRun } from './lease-rows.js';
import type { ClaimedRun, FencedResult, HostIdentity, LeaseTtl, LostRun, RenewedRun } from './lease-types.js';
import { closeLostRuns } from './lost-runs.js';

/** Name under which a machine's worker is known across its restarts. */
export interface HostRegistration {
  name: string;
  pid?: number;
}

/** What a host tells about itself once it knows. */
export interface HostAnnouncement {
  /** host:port of its link. */
  address?: string;
  /** It takes no new sessions. */
  draining?: boolean;
}

const hostValues = (host: HostIdentity): unknown[] => [uuidFromId(host.hostId), host.incarnation];

const ttlInterval = (kind: string, agent: string, terminal: string) =>
  `make_interval(secs => CASE ${kind} WHEN 'agent' THEN ${agent}::float8 ELSE ${terminal}::float8 END)`;

/** The answer to a renewal of a host that holds no lease. */
interface NothingRenewed {
  session_id: null;
}

/**
 * What a host does for all of its runs at once. Two facts hold at any time: only the latest incarnation of a host owns runs, because
 * its registration closes the others' in the same transaction, and a claim locks the host's row against a registration.
 */
export class HostLeases {
  constructor(
    private readonly database: LeaseDatabase,
    private readonly flags: ReadonlySet<string>,
  ) {}

  /** Makes this process the host of that name; `lost` are the runs that an older incarnation left behind. */
  async registerHost({ name, pid }: HostRegistration): Promise<HostIdentity & { lost: LostRun[] }> {
    return this.database.transaction(async (query) => {
      const [host] = await query<{ id: string; incarnation: number }>(
        `INSERT INTO hosts AS h (id, name, incarnation, pid, started_at, last_seen)
         VALUES ($1, $2, 1, $3::int, clock_timestamp(), clock_timestamp())
         ON CONFLICT (name) DO UPDATE SET incarnation = h.incarnation + 1, address = NULL, pid = $3::int, draining = false,
           started_at = clock_timestamp(), last_seen = clock_timestamp()
         RETURNING h.id, h.incarnation`,
        [uuidv7(), name, pid ?? null],
      );
      if (host === undefined) throw new Error('a host was registered without an answer');
      // A second statement, so that it sees claims which committed while the first one waited for the row.
      const lost = await query<LostRow>(closeLostRuns('SELECT tenant_id, id FROM sessions WHERE host_id = $1 FOR UPDATE'), [host.id]);
      return { hostId: idFromUuid('host', host.id), incarnation: host.incarnation, lost: lost.map(toLostRun) };
    });
  }

  async announceHost(host: HostIdentity, { address, draining }: HostAnnouncement): Promise<FencedResult> {
    const rows = await this.database.rows({
      sql: `UPDATE hosts SET address = coalesce($3, address), draining = coalesce($4, draining), last_seen = clock_timestamp()
            WHERE id = $1 AND incarnation = $2 RETURNING id`,
      values: [...hostValues(host), address ?? null, draining ?? null],
      repeatable: true,
    });
    return rows.length === 1 ? 'ok' : 'lease_lost';
  }

  /**
   * Takes up to `limit` queued sessions, longest waiting first; a draining or replaced host gets none. When it rejects, the claim may
   * have been made all the same: ask {@link claims}.
   */
  async claimNext(host: HostIdentity, { ttl, limit }: { ttl: LeaseTtl; limit: number }): Promise<ClaimedRun[]> {
    const rows = await this.database.rows<ClaimRow>({
      sql: `
        WITH host AS (
          SELECT id FROM hosts WHERE id = $1 AND incarnation = $2 AND NOT draining FOR SHARE
        ), picked AS (
          SELECT tenant_id, id, queued_at FROM sessions WHERE status = 'queued' AND EXISTS (SELECT FROM host)
          ORDER BY queued_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ), claimed AS (
          UPDATE sessions s SET epoch = s.epoch + 1, host_id = $1, status = 'starting', offset_limit = s.offset_limit + ${OFFSET_RESERVATION},
            lease_until = clock_timestamp() + ${ttlInterval('s.kind', '$4', '$5')},
            desired = NULL, close_reason = NULL, exit_code = NULL, updated_at = clock_timestamp()
          FROM picked WHERE s.tenant_id = picked.tenant_id AND s.id = picked.id
          RETURNING ${CLAIM_COLUMNS}, s.offset_limit - ${OFFSET_RESERVATION} AS base, picked.queued_at
        ), run AS (
          INSERT INTO session_runs (tenant_id, session_id, epoch, host_id, incarnation, state, base)
          SELECT tenant_id, session_id, epoch, $1, $2, 'starting', base FROM claimed
        )
        SELECT * FROM claimed ORDER BY queued_at`,
      values: [...hostValues(host), limit, ttl.agent, ttl.terminal],
      repeatable: false,
    });
    return rows.map(toClaimedRun);
  }

  /** Every run that this incarnation owns now, as it was claimed. */
  async claims(host: HostIdentity): Promise<ClaimedRun[]> {
    const rows = await this.database.rows<ClaimRow>({
      sql: `SELECT ${CLAIM_COLUMNS}, r.base FROM sessions s
            JOIN session_runs r ON r.tenant_id = s.tenant_id AND r.session_id = s.id AND r.epoch = s.epoch
            WHERE s.host_id = $1 AND r.incarnation = $2 AND s.lease_until > clock_timestamp() ORDER BY s.queued_at`,
      values: hostValues(host),
      repeatable: true,
    });
    return rows.map(toClaimedRun);
  }

  /** Extends every lease of the host that has not ended yet; a run missing from the answer is lost. `superseded`: a newer incarnation is registered. */
  async renew(host: HostIdentity, ttl: LeaseTtl): Promise<RenewedRun[] | 'superseded'> {
    const rows = await this.database.rows<RenewedRow | NothingRenewed>({
      sql: `
        WITH host AS (
          UPDATE hosts SET last_seen = clock_timestamp() WHERE id = $1 AND incarnation = $2 RETURNING id
        ), renewed AS (
          UPDATE sessions s SET lease_until = clock_timestamp() + ${ttlInterval('s.kind', '$3', '$4')}
          FROM host WHERE s.host_id = host.id AND ${this.flags.has('no-fence') ? 'true' : 's.lease_until > clock_timestamp()'}
          RETURNING s.tenant_id, s.id AS session_id, s.epoch, s.desired, extract(epoch FROM s.lease_until - clock_timestamp()) * 1000 AS lease_ms
        )
        SELECT renewed.* FROM host LEFT JOIN renewed ON true`,
      values: [...hostValues(host), ttl.agent, ttl.terminal],
      repeatable: true,
    });
    if (rows.length === 0) return 'superseded';
    return rows.filter((row) => row.session_id !== null).map(toRenewedRun);
  }

  /** Ends an incarnation that is dead: it can claim nothing more, its runs are closed as `host_lost`. A replaced one has no runs. */
  async closeHostRuns(host: HostIdentity): Promise<LostRun[]> {
    return this.database.transaction(async (query) => {
      const current = await query('UPDATE hosts SET draining = true WHERE id = $1 AND incarnation = $2 RETURNING id', hostValues(host));
      if (current.length === 0) return [];
      const lost = await query<LostRow>(closeLostRuns('SELECT tenant_id, id FROM sessions WHERE host_id = $1 FOR UPDATE'), [
        uuidFromId(host.hostId),
      ]);
      return lost.map(toLostRun);
    });
  }
}
