import { randomBytes, randomUUID } from 'node:crypto';
import { type MemberRole, type TenantId, type UserId, idFromUuid } from '@berth/protocol';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { loginRole } from '../database-roles.js';
import { migrate } from '../migrate/migrate.js';

/** A database of its own for one spec, gone after `drop`. */
export interface TestDatabase {
  /** As the owner, a superuser here: what `migrate` takes, and what the flag `no-rls` needs. */
  ownerUrl: string;
  /** Without user and password: what the apps get. */
  databaseUrl: string;
  /** The installation's secret, under which the login roles were made. */
  secret: string;
  /** Runs a statement as the owner, to whom no policy applies. */
  query<R extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]>;
  /** Adds a tenant with one member, as sign-up or an invitation would. */
  addTenant(options?: TestTenant): Promise<{ tenantId: TenantId; userId: UserId }>;
  /** Removes the database and its login roles; open connections are cut. */
  drop(): Promise<void>;
}

export interface TestTenant {
  name?: string;
  email?: string;
  role?: MemberRole;
  passwordHash?: string;
}

/** Creates and migrates a database with a random name on the server of `serverUrl` (a superuser's). */
export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const secret = randomBytes(32).toString('hex');
  const owner = new URL(serverUrl);
  owner.pathname = `/berth_test_${randomBytes(6).toString('hex')}`;
  const ownerUrl = owner.href;
  await migrate({ ownerUrl, secret });
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
  pool.on('error', () => {});
  const query = async <R extends pg.QueryResultRow>(sql: string, values: unknown[] = []) => (await pool.query<R>(sql, values)).rows;
  return {
    ownerUrl,
    databaseUrl: withoutUser(ownerUrl),
    secret,
    query,
    addTenant: (options) => addTenant(query, options),
    drop: async () => {
      await pool.end();
      await dropDatabase(serverUrl, ownerUrl);
    },
  };
}

function withoutUser(ownerUrl: string): string {
  const url = new URL(ownerUrl);
  url.username = '';
  url.password = '';
  return url.href;
}

async function addTenant(query: TestDatabase['query'], options: TestTenant = {}): Promise<{ tenantId: TenantId; userId: UserId }> {
  const [tenant, user] = [uuidv7(), randomUUID()];
  const { name = 'A tenant', email = `${user}@example.com`, role = 'owner', passwordHash = null } = options;
  await query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenant, name]);
  await query('INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, $3, $4)', [user, email, 'A member', passwordHash]);
  await query('INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, $3)', [tenant, user, role]);
  return { tenantId: idFromUuid('tenant', tenant), userId: idFromUuid('user', user) };
}

async function dropDatabase(serverUrl: string, ownerUrl: string): Promise<void> {
  const maintenance = new URL(serverUrl);
  maintenance.pathname = '/postgres';
  const client = new pg.Client({ connectionString: maintenance.href });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(new URL(ownerUrl).pathname.slice(1))} WITH (FORCE)`);
    for (const kind of ['app', 'system'] as const)
      await client.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(loginRole(ownerUrl, kind))}`);
  } finally {
    await client.end();
  }
}
