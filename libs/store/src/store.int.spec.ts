import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantId, UserId } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Store, openStore } from './store.js';
import { createTestDatabase, type TestDatabase } from './testing/test-database.js';
import { testServerUrl } from './testing/test-server.js';

describe('Store', () => {
  let database: TestDatabase;
  let store: Store;
  let member: { tenantId: TenantId; userId: UserId };

  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
    store = openStore(database);
    member = await database.addTenant();
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  /** Cuts every connection of the apps, as a restart of Postgres does. */
  const cutConnections = () =>
    database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE '%\\_app\\_login'`,
    );
  const title = (index: number) => ({
    kind: 'terminal' as const,
    title: `t ${String(index)}`,
    command: ['true'],
    cols: 80,
    rows: 24,
    createdBy: member.userId,
  });

  describe('when connections drop', () => {
    it('serves requests again at once over new ones', async () => {
      await Promise.all(
        Array.from({ length: 10 }, () => store.withTenant(member.tenantId, ({ members }) => members.roleOf(member.userId))),
      );
      await cutConnections();
      const roles = await Promise.all(
        Array.from({ length: 20 }, () => store.withTenant(member.tenantId, ({ members }) => members.roleOf(member.userId))),
      );
      expect(new Set(roles)).toEqual(new Set(['owner']));
    });

    it('repeats idempotent work that was cut in the middle', async () => {
      let attempts = 0;
      const role = await store.withTenant(
        member.tenantId,
        async ({ members }) => {
          attempts += 1;
          if (attempts === 1) await cutConnections();
          return members.roleOf(member.userId);
        },
        { idempotent: true },
      );
      expect([role, attempts]).toEqual(['owner', 2]);
    });

    it('answers unavailable for other work, and leaves nothing of it', async () => {
      let attempts = 0;
      const work = store.withTenant(member.tenantId, async ({ sessions }) => {
        attempts += 1;
        await sessions.create(title(1));
        await cutConnections();
        return sessions.create(title(2));
      });
      await expect(work).rejects.toMatchObject({ code: 'unavailable' });
      expect(attempts).toBe(1);
      expect(await store.withTenant(member.tenantId, ({ sessions }) => sessions.list({ limit: 10 }))).toMatchObject({ items: [] });
    });
  });

  it('repeats work that was rolled back in favour of another transaction', async () => {
    const ids = await store.withTenant(
      member.tenantId,
      async ({ sessions }) => [(await sessions.create(title(3))).id, (await sessions.create(title(4))).id] as const,
    );
    // Each holds what the other wants: Postgres ends one of them, which then runs again.
    let attempts = 0;
    const rename = (first: 0 | 1) =>
      store.withTenant(member.tenantId, async ({ sessions }) => {
        attempts += 1;
        await sessions.rename(ids[first], `by ${String(first)}`);
        await sleep(100);
        await sessions.rename(ids[first === 0 ? 1 : 0], `by ${String(first)}`);
      });
    await Promise.all([rename(0), rename(1)]);
    expect(attempts).toBe(3);
    const [one, two] = await store.withTenant(member.tenantId, async ({ sessions }) => [
      await sessions.get(ids[0]),
      await sessions.get(ids[1]),
    ]);
    expect(one?.title).toBe(two?.title);
  });

  it('answers unavailable within seconds when all connections stay busy', async () => {
    const small = openStore({ ...database, poolSize: { app: 1, system: 1 } });
    const busy = small.withTenant(member.tenantId, () => sleep(7_000));
    await expect(small.withTenant(member.tenantId, ({ members }) => members.roleOf(member.userId))).rejects.toMatchObject({
      code: 'unavailable',
    });
    // What crosses tenants, sign-in first of all, has connections of its own.
    expect(await small.withSystem('sign_in', ({ users }) => users.findIn(member.tenantId, member.userId))).toMatchObject({
      id: member.userId,
    });
    await busy;
    await small.close();
  });

  it('answers unavailable when there is no database', async () => {
    const away = openStore({ databaseUrl: 'postgres://127.0.0.1:1/nothing', secret: database.secret });
    for (const attempt of [
      () => away.withTenant(member.tenantId, ({ members }) => members.roleOf(member.userId)),
      () => away.withSystem('sign_in', ({ users }) => users.findIn(member.tenantId, member.userId)),
      () => away.ping(),
      () => away.selfCheck(),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'unavailable' });
    }
    await away.close();
  });

  describe('selfCheck', () => {
    const check = async (options: Parameters<typeof openStore>[0]) => {
      const checked = openStore(options);
      try {
        return await checked.selfCheck();
      } finally {
        await checked.close();
      }
    };
    const role = () => new URL(database.ownerUrl).pathname.slice(1);

    it('finds nothing wrong with what migrate has made', async () => {
      expect(await store.selfCheck()).toEqual([]);
      await store.ping();
    });

    it('finds a table without forced row-level security', async () => {
      await database.query('CREATE TABLE forgotten (tenant_id uuid); ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY');
      expect(await store.selfCheck()).toEqual(
        ['forgotten', 'sessions'].map((table) => expect.stringContaining(`table ${table} holds rows of tenants`) as string),
      );
      await database.query('DROP TABLE forgotten; ALTER TABLE sessions FORCE ROW LEVEL SECURITY');
    });

    it('finds a login role that can do too much', async () => {
      await database.query(`ALTER ROLE ${role()}_app_login BYPASSRLS; GRANT TRUNCATE ON sessions TO berth_app`);
      expect(await store.selfCheck()).toEqual([
        expect.stringContaining('may bypass row-level security'),
        expect.stringContaining('may TRUNCATE'),
      ]);
      await database.query(`ALTER ROLE ${role()}_app_login NOBYPASSRLS; REVOKE TRUNCATE ON sessions FROM berth_app`);
    });

    it('finds missing and changed migrations', async () => {
      await database.query(`UPDATE _prisma_migrations SET checksum = 'other'`);
      expect(await store.selfCheck()).toEqual([expect.stringContaining('was changed after it had been applied')]);
      await database.query('ALTER TABLE _prisma_migrations RENAME TO elsewhere');
      expect(await store.selfCheck()).toEqual(['the database has no tables yet: apply the migrations']);
    });

    it('says what to do when the secret is not the one the roles were made with', async () => {
      expect(await check({ ...database, secret: 'some other secret of thirty-two bytes' })).toEqual([
        expect.stringContaining('apply the migrations with'),
      ]);
    });
  });
});
