import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type TempDir, tempDir } from '@berth/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roleUrl } from '../database-roles.js';
import { openStore } from '../store.js';
import { testServerUrl } from '../testing/test-server.js';
import { migrate } from './migrate.js';

const MIGRATIONS = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));
const FOUNDATION = '20260101000000_foundation';
const ALL = [FOUNDATION, '20261121000000_product'];
const secret = 'a secret of at least thirty-two bytes';

describe('migrate', () => {
  const databases: string[] = [];
  let admin: pg.Client;
  const folders: TempDir[] = [];

  const newUrl = (): string => {
    const url = new URL(testServerUrl());
    const name = `berth_mig_${randomBytes(5).toString('hex')}`;
    databases.push(name);
    url.pathname = `/${name}`;
    return url.href;
  };
  /** A copy of the repository's migrations, to be changed. */
  const copyMigrations = async (): Promise<string> => {
    const folder = await tempDir();
    folders.push(folder);
    await cp(MIGRATIONS, folder.path, { recursive: true });
    return folder.path;
  };
  const addMigration = async (folder: string, name: string, sql: string): Promise<void> => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'migration.sql'), sql);
  };
  const asRole = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  /** Its own grants of groups to others depend on a role that was allowed to give them. */
  const dropRole = async (role: string): Promise<void> => {
    const { rowCount } = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    if (rowCount === 0) return;
    await admin.query(`DROP OWNED BY ${role} CASCADE`);
    await admin.query(`DROP ROLE ${role}`);
  };

  beforeAll(async () => {
    admin = new pg.Client({ connectionString: testServerUrl() });
    await admin.connect();
  });
  afterAll(async () => {
    for (const name of databases) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      for (const role of [`${name}_app_login`, `${name}_system_login`, `${name}_owner`]) await dropRole(role);
    }
    await admin.end();
    for (const folder of folders) await folder.remove();
  });

  it('creates the database, applies everything once and makes the login roles', async () => {
    const ownerUrl = newUrl();
    const lines: string[] = [];
    const onProgress = (line: string) => lines.push(line);
    expect(await migrate({ ownerUrl, secret, onProgress })).toEqual({ applied: ALL });
    expect(await migrate({ ownerUrl, secret, onProgress })).toEqual({ applied: [] });
    expect(lines).toEqual([
      ...ALL.map((name) => `applying ${name}`),
      `applied ${String(ALL.length)} migrations`,
      'the database is up to date',
    ]);
    for (const kind of ['app', 'system'] as const) {
      const role = await asRole(
        roleUrl(ownerUrl, secret, kind),
        async (client) => (await client.query('SELECT current_user AS role')).rows[0],
      );
      expect(role).toEqual({ role: `${new URL(ownerUrl).pathname.slice(1)}_${kind}_login` });
    }
  });

  it('makes the tables that schema.prisma describes', async () => {
    const ownerUrl = newUrl();
    await migrate({ ownerUrl, secret });
    const root = fileURLToPath(new URL('../../../../', import.meta.url));
    const diff = [
      'migrate',
      'diff',
      '--config',
      'prisma/prisma.config.ts',
      '--from-config-datasource',
      '--to-schema',
      'prisma/schema.prisma',
    ];
    const env = { PATH: dirname(process.execPath), DATABASE_URL: ownerUrl, CHECKPOINT_DISABLE: '1' };
    const { stdout } = await promisify(execFile)(process.execPath, ['node_modules/prisma/build/index.js', ...diff], { cwd: root, env });
    expect(stdout.trim()).toBe('No difference detected.');
  });

  it('lets eight callers at once end up with one database', async () => {
    const ownerUrl = newUrl();
    const results = await Promise.all(Array.from({ length: 8 }, () => migrate({ ownerUrl, secret })));
    expect(results.flatMap(({ applied }) => applied)).toEqual(ALL);
  });

  it('lets databases of one cluster be made at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => migrate({ ownerUrl: newUrl(), secret })));
    expect(results).toHaveLength(4);
  });

  it('works for an owner who is no superuser, and the tables serve both roles', async () => {
    const [plainUrl, url] = [newUrl(), new URL(testServerUrl())];
    const name = new URL(plainUrl).pathname.slice(1);
    const owner = `${name}_owner`;
    Object.assign(url, { pathname: `/${name}`, username: owner, password: 'owner' });
    await admin.query(`CREATE ROLE ${owner} LOGIN CREATEROLE CREATEDB PASSWORD 'owner'`);
    // Another owner made the groups: the cluster's administrator lets this one hand them out.
    await admin.query(`GRANT berth_app, berth_system TO ${owner} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    await migrate({ ownerUrl: url.href, secret });
    const store = openStore({ databaseUrl: url.href, secret });
    try {
      expect(await store.selfCheck()).toEqual([]);
      const { tenantId, userId } = await store.withSystem('bootstrap', ({ tenants }) =>
        tenants.createFirst({ tenantName: 'Owned', email: 'owner@example.com', userName: 'Owner' }),
      );
      const session = await store.withTenant(tenantId, ({ sessions }) =>
        sessions.create({ kind: 'terminal', title: 'owned', command: ['true'], cols: 80, rows: 24, createdBy: userId }),
      );
      const host = await store.leases.registerHost({ name: 'here' });
      const [run] = await store.leases.claimNext(host, { ttl: { agent: 60, terminal: 300 }, limit: 1 });
      if (run === undefined) throw new Error('nothing was claimed');
      await store.leases.closeRun(run, { reason: 'exited', end: 0 });
      expect(await store.withTenant(tenantId, ({ sessions }) => sessions.remove(session.id))).toEqual({ outcome: 'removed', epochs: [1] });
      // Forced row-level security holds for the owner as well.
      expect(await asRole(url.href, async (client) => (await client.query('SELECT * FROM tenants')).rows)).toEqual([]);
    } finally {
      await store.close();
    }
  });

  it("keeps one database's login roles out of another database", async () => {
    const [ours, theirs] = [newUrl(), newUrl()];
    await Promise.all([migrate({ ownerUrl: ours, secret }), migrate({ ownerUrl: theirs, secret })]);
    const url = new URL(roleUrl(ours, secret, 'app'));
    url.pathname = new URL(theirs).pathname;
    await expect(asRole(url.href, (client) => client.query('SELECT 1'))).rejects.toThrow(/permission denied for database/);
  });

  it('refuses a migration that was changed after it had been applied', async () => {
    const [ownerUrl, migrationsDir] = [newUrl(), await copyMigrations()];
    await migrate({ ownerUrl, secret, migrationsDir });
    await writeFile(join(migrationsDir, FOUNDATION, 'migration.sql'), 'SELECT 1;');
    await expect(migrate({ ownerUrl, secret, migrationsDir })).rejects.toThrow(
      /foundation was changed after it had been applied: restore the file/,
    );
  });

  it('refuses what a newer version has applied, and what would run before it', async () => {
    const [ownerUrl, migrationsDir] = [newUrl(), await copyMigrations()];
    await addMigration(migrationsDir, '20270101000000_later', 'SELECT 1;');
    await migrate({ ownerUrl, secret, migrationsDir });
    await expect(migrate({ ownerUrl, secret })).rejects.toThrow(/20270101000000_later, which this version does not know/);
    await addMigration(migrationsDir, '20260601000000_between', 'SELECT 1;');
    await expect(migrate({ ownerUrl, secret, migrationsDir })).rejects.toThrow(/between is older than 20270101000000_later/);
  });

  it('leaves nothing of a migration that fails', async () => {
    const [ownerUrl, migrationsDir] = [newUrl(), await copyMigrations()];
    await addMigration(migrationsDir, '20270101000000_broken', 'CREATE TABLE half (id int); SELECT nonsense;');
    await expect(migrate({ ownerUrl, secret, migrationsDir })).rejects.toThrow(/broken failed and was rolled back: column "nonsense"/);
    const left = await asRole(ownerUrl, async (client) => (await client.query(`SELECT to_regclass('half') AS half`)).rows[0]);
    expect(left).toEqual({ half: null });
  });
});
