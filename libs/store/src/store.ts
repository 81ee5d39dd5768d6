import { type TenantId, uuidFromId } from '@berth/protocol';
import type pg from 'pg';
import { createPool } from './connection.js';
import { roleUrl } from './database-roles.js';
import { type Leases, leasesOn } from './leases/open-leases.js';
import { type DefaultModelProvider, type TenantRepositories, tenantRepositories } from './repositories/tenant-repositories.js';
import { whenIdempotent, withRetry } from './retry.js';
import { SecretBox } from './secret-box.js';
import { findProblems } from './self-check.js';
import { type RepositoryPurpose, type SystemRepositories, systemRepositories } from './system/system-repositories.js';
import { type TransactionOptions, Transactor } from './transactor.js';

export interface StoreOptions {
  /** Database to use; its user and password are replaced by the login roles'. */
  databaseUrl: string;
  secret: string;
  /** Test flags: `no-rls` serves requests as the URL's own role, `no-fence` switches the leases' fences off. */
  flags?: ReadonlySet<string>;
  /** Who answers the sessions of tenants that have not chosen: the installation's default; `none` unless told otherwise. */
  defaultModelProvider?: DefaultModelProvider;
  /** Told about idle connections that broke. */
  onError?: (error: Error) => void;
  /** Most connections for requests, and for what crosses tenants: sign-in stays possible while requests fill theirs. */
  poolSize?: { app: number; system: number };
}

const POOL_SIZE = { app: 10, system: 5 };

/** Postgres as the gateway sees it: one way in for a tenant's requests, one for the listed purposes that cross tenants. */
export class Store {
  /** Ownership of runs: gateways sweep what hosts have lost. */
  readonly leases: Omit<Leases, 'close'>;
  private readonly box: SecretBox;
  private readonly appTransactor: Transactor;
  private readonly systemTransactor: Transactor;

  constructor(
    private readonly app: pg.Pool,
    private readonly system: pg.Pool,
    private readonly options: { secret: string; flags: ReadonlySet<string>; defaultModelProvider: DefaultModelProvider },
  ) {
    this.leases = leasesOn(system, options);
    this.box = new SecretBox(options.secret);
    this.appTransactor = new Transactor(app);
    this.systemTransactor = new Transactor(system);
  }

  /**
   * Runs `work` in one transaction that sees the rows of this tenant only. It may run more than once (after a conflict, or on a fresh connection before
   * anything was done), so it does nothing but database work.
   */
  async withTenant<T>(
    tenantId: TenantId,
    work: (repositories: TenantRepositories) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const uuid = uuidFromId(tenantId);
    const facts = { tenantId, box: this.box, defaultModelProvider: this.options.defaultModelProvider };
    return this.appTransactor.run(
      (tx) => tx.$executeRaw`SELECT set_config('app.tenant_id', ${uuid}, true)`,
      (tx) => work(tenantRepositories(facts, tx)),
      options,
    );
  }

  /** Runs `work` in one transaction of the system role, with what the purpose may use. */
  async withSystem<P extends RepositoryPurpose, T>(
    purpose: P,
    work: (repositories: SystemRepositories<P>) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return this.systemTransactor.run(
      async () => {},
      (tx) => work(systemRepositories[purpose](tx) as SystemRepositories<P>),
      options,
    );
  }

  /** What must be put right before anything is served, one sentence each; none = fine. Rejects with `unavailable` while Postgres is away. */
  async selfCheck(): Promise<string[]> {
    return withRetry(whenIdempotent, () =>
      findProblems({ app: this.app, system: this.system, rowSecurity: !this.options.flags.has('no-rls') }),
    );
  }

  /** Rejects with `unavailable` when the database does not answer. */
  async ping(): Promise<void> {
    await Promise.all([
      this.leases.ping(),
      withRetry(
        () => false,
        () => this.app.query('SELECT 1'),
      ),
    ]);
  }

  async close(): Promise<void> {
    await Promise.all([this.appTransactor.close(), this.systemTransactor.close()]);
  }
}

/** Opens the store of one process; connections are made when they are needed. */
export function openStore(options: StoreOptions): Store {
  const { databaseUrl, secret, flags = new Set(), defaultModelProvider = 'none', onError = () => {}, poolSize = POOL_SIZE } = options;
  // The negative control: as the owner of the tables, to whom no policy applies once he is a superuser.
  const appUrl = flags.has('no-rls') ? databaseUrl : roleUrl(databaseUrl, secret, 'app');
  const systemUrl = roleUrl(databaseUrl, secret, 'system');
  return new Store(
    createPool({ url: appUrl, size: poolSize.app, name: 'berth-app', onError }),
    createPool({ url: systemUrl, size: poolSize.system, name: 'berth-system', onError }),
    { secret, flags, defaultModelProvider },
  );
}
