import { createPool } from '../connection.js';
import { roleUrl } from '../database-roles.js';
import { SecretBox } from '../secret-box.js';
import type pg from 'pg';
import { HostLeases } from './host-leases.js';
import { LeaseDatabase } from './lease-database.js';
import { LeaseSweep } from './lease-sweep.js';
import { ModelLeases } from './model-leases.js';
import { RunLeases } from './run-leases.js';

/**
 * Ownership of runs, as the system role. Time is the database's; a write that is no longer the caller's to make answers `lease_lost`;
 * a database that is away rejects with `unavailable`.
 */
export interface Leases
  extends
    Pick<HostLeases, 'registerHost' | 'announceHost' | 'claimNext' | 'claims' | 'renew' | 'closeHostRuns'>,
    Pick<RunLeases, 'advanceRun' | 'runsUpTo' | 'reserveOffsets' | 'resizeRun' | 'closeRun'>,
    Pick<LeaseSweep, 'sweepExpired' | 'unsealedRuns' | 'setRunEnd'>,
    Pick<ModelLeases, 'modelProvider' | 'seedModelKey' | 'recordUsage' | 'deletedSessions'> {
  /** Rejects with `unavailable` when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface LeasesOptions {
  /** Database to use; its user and password are replaced by the system role's. */
  databaseUrl: string;
  secret: string;
  /** Test flags; `no-fence` switches every fence off. */
  flags?: ReadonlySet<string>;
  /** Told about idle connections that broke. */
  onError?: (error: Error) => void;
  /** Most connections. */
  poolSize?: number;
}

/** A host's statements are few and short, but a slow one must not hold up the next renewal. */
const POOL_SIZE = 4;

/** Leases on a pool that belongs to somebody else: `close` leaves it open. */
export function leasesOn(pool: pg.Pool, { secret, flags }: { secret: string; flags: ReadonlySet<string> }): Omit<Leases, 'close'> {
  const database = new LeaseDatabase(pool);
  const hosts = new HostLeases(database, flags);
  const runs = new RunLeases(database, flags);
  const sweep = new LeaseSweep(database);
  const models = new ModelLeases(database, new SecretBox(secret));
  return {
    registerHost: (registration) => hosts.registerHost(registration),
    announceHost: (host, announcement) => hosts.announceHost(host, announcement),
    claimNext: (host, options) => hosts.claimNext(host, options),
    claims: (host) => hosts.claims(host),
    renew: (host, ttl) => hosts.renew(host, ttl),
    closeHostRuns: (host) => hosts.closeHostRuns(host),
    advanceRun: (run, state) => runs.advanceRun(run, state),
    runsUpTo: (run) => runs.runsUpTo(run),
    reserveOffsets: (run, limit, head) => runs.reserveOffsets(run, limit, head),
    resizeRun: (run, cols, rows) => runs.resizeRun(run, cols, rows),
    closeRun: (run, close) => runs.closeRun(run, close),
    sweepExpired: (max) => sweep.sweepExpired(max),
    unsealedRuns: (olderThanSeconds, max) => sweep.unsealedRuns(olderThanSeconds, max),
    setRunEnd: (run, end) => sweep.setRunEnd(run, end),
    modelProvider: (tenantId) => models.modelProvider(tenantId),
    seedModelKey: (apiKey) => models.seedModelKey(apiKey),
    recordUsage: (run, usage) => models.recordUsage(run, usage),
    deletedSessions: (ids) => models.deletedSessions(ids),
    ping: () => database.ping(),
  };
}

/** Opens the leases of one process, on connections of their own. */
export function openLeases({ databaseUrl, secret, flags = new Set(), onError = () => {}, poolSize = POOL_SIZE }: LeasesOptions): Leases {
  const pool = createPool({ url: roleUrl(databaseUrl, secret, 'system'), size: poolSize, name: 'berth-leases', onError });
  return { ...leasesOn(pool, { secret, flags }), close: () => pool.end() };
}
