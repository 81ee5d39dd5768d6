import { type SessionId, type TenantId, type UserId, uuidFromId } from '@berth/protocol';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from './connection.js';
import { roleUrl } from './database-roles.js';
import { MemberRepository } from './repositories/member.repository.js';
import { ModelSettingsRepository } from './repositories/model-settings.repository.js';
import { SessionRepository } from './repositories/session.repository.js';
import { SocketTicketRepository } from './repositories/socket-ticket.repository.js';
import { type TenantRepositories, tenantRepositories } from './repositories/tenant-repositories.js';
import { UsageRepository } from './repositories/usage.repository.js';
import { SecretBox } from './secret-box.js';
import { type Store, openStore } from './store.js';
import { createTestDatabase, type TestDatabase } from './testing/test-database.js';
import { testServerUrl } from './testing/test-server.js';
import { queueSessions } from './testing/test-sessions.js';
import { Transactor } from './transactor.js';

interface Tenant {
  tenantId: TenantId;
  userId: UserId;
  sessionId: SessionId;
  familyId: string;
}

const denied = 'refused';

/** Every repository function, aimed at the rows of `victim`; what it answers when it finds none of them. */
const ATTACKS: Record<string, { attack: (repositories: TenantRepositories, victim: Tenant) => Promise<unknown>; nothing: unknown }> = {
  'sessions.create': {
    attack: ({ sessions }, { userId }) =>
      sessions
        .create({ kind: 'terminal', title: 'theirs', command: ['true'], cols: 80, rows: 24, createdBy: userId })
        .then(() => 'created'),
    nothing: denied,
  },
  'sessions.list': {
    attack: async ({ sessions }, victim) => (await sessions.list({ limit: 200 })).items.filter(({ id }) => id === victim.sessionId),
    nothing: [],
  },
  'sessions.get': { attack: ({ sessions }, { sessionId }) => sessions.get(sessionId), nothing: undefined },
  'sessions.placement': { attack: ({ sessions }, { sessionId }) => sessions.placement(sessionId), nothing: undefined },
  'sessions.rename': { attack: ({ sessions }, { sessionId }) => sessions.rename(sessionId, 'renamed'), nothing: undefined },
  'sessions.runs': { attack: ({ sessions }, { sessionId }) => sessions.runs(sessionId), nothing: [] },
  'sessions.request': { attack: ({ sessions }, { sessionId }) => sessions.request(sessionId, 'suspended'), nothing: undefined },
  'sessions.wake': { attack: ({ sessions }, { sessionId }) => sessions.wake(sessionId), nothing: undefined },
  'sessions.remove': { attack: ({ sessions }, { sessionId }) => sessions.remove(sessionId), nothing: { outcome: 'not_found' } },
  'members.roleOf': { attack: ({ members }, { userId }) => members.roleOf(userId), nothing: undefined },
  'members.list': {
    attack: async ({ members }, victim) => (await members.list()).filter(({ user }) => user.id === victim.userId),
    nothing: [],
  },
  'members.find': { attack: ({ members }, { userId }) => members.find(userId), nothing: undefined },
  'modelSettings.get': {
    attack: async ({ modelSettings }, { tenantId }) => (await modelSettings.get()).baseUrl?.includes(tenantId.slice(-8)) ?? false,
    nothing: false,
  },
  'modelSettings.set': {
    attack: async ({ modelSettings }, { userId }) => (await modelSettings.set(userId, { provider: 'scripted' })).provider,
    nothing: denied,
  },
  'modelSettings.clear': { attack: async ({ modelSettings }) => (await modelSettings.clear()).baseUrl, nothing: null },
  'usage.list': { attack: async ({ usage }) => (await usage.list({})).filter(({ requests }) => requests !== 1), nothing: [] },
  'socketTickets.create': {
    attack: ({ socketTickets }, { userId, sessionId, familyId }) =>
      socketTickets.create({ ticket: crypto.randomUUID(), userId, familyId, sessionId, lifetimeSeconds: 30 }),
    nothing: 'not_found',
  },
};

describe('row-level security', () => {
  let database: TestDatabase;
  let store: Store;
  let ours: Tenant;
  let theirs: Tenant;

  const addTenant = async (): Promise<Tenant> => {
    const member = await database.addTenant();
    const [sessionId] = await queueSessions(database, { ...member, count: 1 });
    if (sessionId === undefined) throw new Error('no session was queued');
    const familyId = await store.withSystem('sign_in', ({ refreshFamilies }) =>
      refreshFamilies.create({ ...member, trust: { confined: false, recovery: false }, token: crypto.randomUUID(), lifetimeSeconds: 600 }),
    );
    const run = { tenantId: member.tenantId, sessionId, epoch: 1 };
    await store.leases.recordUsage(run, [
      { model: 'm', requests: 1, inputTokens: 1, outputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1 },
    ]);
    const choice = { provider: 'compatible', baseUrl: `https://${member.tenantId.slice(-8)}.example`, token: 'a token of theirs' } as const;
    await store.withTenant(member.tenantId, ({ modelSettings }) => modelSettings.set(member.userId, choice));
    return { ...member, sessionId, familyId };
  };

  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
    store = openStore(database);
    [ours, theirs] = [await addTenant(), await addTenant()];
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  /** Names of the functions that reached a row of the victim. */
  const leaks = async (run: (work: (repositories: TenantRepositories) => Promise<unknown>) => Promise<unknown>): Promise<string[]> => {
    const found: string[] = [];
    for (const [name, { attack, nothing }] of Object.entries(ATTACKS)) {
      const answer = await run((repositories) => attack(repositories, theirs)).catch(() => denied);
      if (JSON.stringify(answer) !== JSON.stringify(nothing) && answer !== denied) found.push(name);
    }
    return found;
  };

  it('is attacked through every repository function: a new one must be listed here', () => {
    const repositories = {
      sessions: SessionRepository,
      members: MemberRepository,
      socketTickets: SocketTicketRepository,
      modelSettings: ModelSettingsRepository,
      usage: UsageRepository,
    };
    const functions = Object.entries(repositories).flatMap(([name, { prototype }]) =>
      Object.getOwnPropertyNames(prototype)
        .filter((method) => !['constructor', 'row', 'view', 'existing', 'result'].includes(method))
        .map((method) => `${name}.${method}`),
    );
    expect(Object.keys(ATTACKS).toSorted()).toEqual(functions.toSorted());
  });

  it('shows nothing of another tenant', async () => {
    expect(await leaks((work) => store.withTenant(ours.tenantId, work))).toEqual([]);
    expect(await store.withTenant(theirs.tenantId, ({ sessions }) => sessions.get(theirs.sessionId))).toMatchObject({
      title: 'queued by a spec',
      status: 'queued',
    });
    expect(await store.leases.modelProvider(theirs.tenantId)).toMatchObject({ token: 'a token of theirs' });
    expect(await store.withTenant(theirs.tenantId, ({ usage }) => usage.list({}))).toMatchObject([{ requests: 1 }]);
  });

  it('T55 shows nothing without a tenant', async () => {
    const pool = createPool({ url: roleUrl(database.databaseUrl, database.secret, 'app'), size: 1, name: 'spec', onError: () => {} });
    const bare = new Transactor(pool);
    const withoutTenant = (work: (repositories: TenantRepositories) => Promise<unknown>) =>
      bare.run(
        async () => {},
        (tx) =>
          work(tenantRepositories({ tenantId: theirs.tenantId, box: new SecretBox(database.secret), defaultModelProvider: 'none' }, tx)),
        {},
      );
    expect(await leaks(withoutTenant)).toEqual([]);
    for (const table of ['tenants', 'users', 'memberships', 'sessions', 'session_runs', 'usage']) {
      expect((await pool.query(`SELECT count(*)::int AS rows FROM ${table}`)).rows).toEqual([{ rows: 0 }]);
    }
    await bare.close();
  });

  it('negative control: with no-rls the same attacks succeed', async () => {
    const open = openStore({ ...database, databaseUrl: database.ownerUrl, flags: new Set(['no-rls']) });
    const reached = await leaks((work) =>
      open
        .withTenant(ours.tenantId, async (repositories) => {
          const answer = await work(repositories);
          throw new RolledBack(answer);
        })
        .catch((error: unknown) => (error instanceof RolledBack ? error.answer : Promise.reject(error))),
    );
    await open.close();
    expect(reached).toEqual(
      expect.arrayContaining([
        ...['sessions.list', 'sessions.get', 'sessions.rename', 'sessions.request', 'members.roleOf', 'members.list'],
        ...['modelSettings.get', 'usage.list'],
      ]),
    );
  });

  it('no-rls is the only way to that role: without the flag the same URL gets the tenant role', async () => {
    const closed = openStore({ ...database, databaseUrl: database.ownerUrl });
    expect(await leaks((work) => closed.withTenant(ours.tenantId, work))).toEqual([]);
    await closed.close();
  });

  it('T55 keeps 200 requests of mixed tenants apart on two connections', async () => {
    const small = openStore({ ...database, poolSize: { app: 2, system: 1 } });
    const tenants = [ours, theirs, await addTenant(), await addTenant()];
    const requests = Array.from({ length: 200 }, async (_, index) => {
      const tenant = tenants[index % tenants.length] ?? ours;
      const seen = await small
        .withTenant(tenant.tenantId, async ({ sessions, members }) => {
          const { items } = await sessions.list({ limit: 200 });
          // Every fifth request fails in the middle of its transaction.
          if (index % 5 === 0) throw new Error('given up');
          return { ids: items.map(({ id }) => id), role: await members.roleOf(tenant.userId) };
        })
        .catch(() => denied);
      if (index % 5 === 0) expect(seen).toBe(denied);
      else expect(seen).toEqual({ ids: [tenant.sessionId], role: 'owner' });
    });
    await Promise.all(requests);
    await small.close();
  });

  describe('as the tenant role', () => {
    let pool: pg.Pool;
    beforeAll(() => {
      pool = createPool({ url: roleUrl(database.databaseUrl, database.secret, 'app'), size: 1, name: 'spec', onError: () => {} });
    });
    afterAll(() => pool.end());

    it('T56 clears the tenant after an error in the middle of a transaction', async () => {
      const transactor = new Transactor(pool);
      const failing = transactor.run(
        (tx) => tx.$executeRaw`SELECT set_config('app.tenant_id', ${uuidFromId(theirs.tenantId)}, true)`,
        (tx) => tx.$executeRaw`SELECT 1 / 0`,
        {},
      );
      await expect(failing).rejects.toThrow(/division by zero/);
      const { rows } = await pool.query(
        `SELECT current_setting('app.tenant_id', true) AS tenant, (SELECT count(*)::int FROM sessions) AS sessions`,
      );
      expect(rows).toEqual([{ tenant: '', sessions: 0 }]);
    });

    it.each([
      'TRUNCATE sessions',
      'ALTER TABLE sessions DISABLE ROW LEVEL SECURITY',
      'ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY',
      'DROP POLICY own_tenant ON sessions',
      'CREATE POLICY everything ON sessions USING (true)',
      'CREATE TABLE mine (id int)',
      'SET ROLE berth_system',
      'SET ROLE postgres',
      'SET SESSION AUTHORIZATION postgres',
      'SET session_replication_role = replica',
      'UPDATE sessions SET epoch = 0',
      'UPDATE sessions SET lease_until = NULL',
      'UPDATE sessions SET offset_limit = 0',
      'UPDATE sessions SET tenant_id = id',
      'UPDATE session_runs SET state = NULL',
      'SELECT password_hash FROM users',
      'SELECT * FROM socket_tickets',
      'SELECT * FROM refresh_families',
      'SELECT * FROM login_tokens',
      'UPDATE memberships SET role = NULL',
      'SELECT secret_ciphertext FROM model_settings',
      'SELECT * FROM model_settings',
      'UPDATE usage SET requests = 0',
      'DELETE FROM usage',
      'TRUNCATE usage',
      'INSERT INTO hosts (id) VALUES (NULL)',
    ])('T57 may not %s', async (statement) => {
      await expect(pool.query(statement)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|22023)$/) as string });
    });
  });

  it('is forced on every table that holds rows of tenants, and on those that are reached through one', async () => {
    const rows = await database.query<{ table: string; forced: boolean; tenant: boolean }>(`
      SELECT c.relname AS table, c.relrowsecurity AND c.relforcerowsecurity AS forced,
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS tenant
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`);
    expect(rows.filter(({ tenant, forced }) => tenant && !forced)).toEqual([]);
    expect(rows.filter(({ tenant }) => tenant).map(({ table }) => table)).toEqual([
      'login_tokens',
      'memberships',
      'model_settings',
      'refresh_families',
      'session_runs',
      'sessions',
      'socket_tickets',
      'usage',
    ]);
    expect(rows.filter(({ forced }) => !forced).map(({ table }) => table)).toEqual(['_prisma_migrations', 'hosts']);
  });

  it('is bypassed by neither login role: no superuser, no bypass, no owner, no member of one', async () => {
    const rows = await database.query(`
      SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS powerful, ARRAY(
        SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS groups
      FROM pg_roles r WHERE rolname LIKE current_database() || '\\_%' OR rolname IN ('berth_app', 'berth_system') ORDER BY rolname`);
    const name = new URL(database.ownerUrl).pathname.slice(1);
    expect(rows).toEqual([
      { rolname: 'berth_app', powerful: false, groups: [] },
      { rolname: 'berth_system', powerful: false, groups: [] },
      { rolname: `${name}_app_login`, powerful: false, groups: ['berth_app'] },
      { rolname: `${name}_system_login`, powerful: false, groups: ['berth_system'] },
    ]);
  });
});

class RolledBack extends Error {
  constructor(readonly answer: unknown) {
    super('rolled back on purpose');
  }
}
