import { idFromUuid, type TenantId, type UserId, uuidFromId } from '@berth/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Store, openStore } from '../store.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { testServerUrl } from '../testing/test-server.js';
import { queueSessions } from '../testing/test-sessions.js';
import type { RecordedUsage } from './lease-types.js';
import { type Leases, openLeases } from './open-leases.js';

const CANARY = 'sk-canary-2b6f0d7c41';
const used = (fields: Partial<RecordedUsage> = {}): RecordedUsage => ({
  ...{ model: 'a-model', requests: 1, inputTokens: 10, outputTokens: 20, cacheReadTokens: 30, cacheWriteTokens: 40 },
  ...fields,
});

describe('what the brokers of a host need', () => {
  let database: TestDatabase;
  let store: Store;
  let leases: Leases;
  let first: { tenantId: TenantId; userId: UserId };

  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
    store = openStore(database);
    leases = openLeases(database);
  });
  afterAll(async () => {
    await store.close();
    await leases.close();
    await database.drop();
  });

  const settings = (tenantId: TenantId) => store.withTenant(tenantId, ({ modelSettings }) => modelSettings.get());

  it('a key from the environment finds nobody in an empty installation', async () => {
    expect(await leases.seedModelKey(CANARY)).toBe('no_tenant');
    first = await database.addTenant({ name: 'First' });
  });

  describe('the key of the environment', () => {
    beforeEach(() => database.query('DELETE FROM model_settings'));

    it('becomes the first tenant’s, and of nobody else', async () => {
      const second = await database.addTenant();
      expect(await leases.seedModelKey(CANARY)).toBe('stored');
      expect(await leases.modelProvider(first.tenantId)).toEqual({ provider: 'anthropic', apiKey: CANARY });
      expect(await leases.modelProvider(second.tenantId)).toBeUndefined();
      expect(await settings(first.tenantId)).toMatchObject({
        ...{ provider: 'anthropic', source: 'installation', keyHint: CANARY.slice(-4), baseUrl: null, updatedBy: null },
      });
    });

    it('is replaced by a newer one; the same one, however often it comes, changes nothing', async () => {
      await leases.seedModelKey(CANARY);
      const before = await settings(first.tenantId);
      expect(await Promise.all(Array.from({ length: 5 }, () => leases.seedModelKey(CANARY)))).toEqual(Array(5).fill('stored'));
      expect(await settings(first.tenantId)).toEqual(before);
      expect(await leases.seedModelKey(`${CANARY}-new`)).toBe('stored');
      expect(await leases.modelProvider(first.tenantId)).toEqual({ provider: 'anthropic', apiKey: `${CANARY}-new` });
    });

    it('never replaces what a member has chosen', async () => {
      await store.withTenant(first.tenantId, ({ modelSettings }) => modelSettings.set(first.userId, { provider: 'scripted' }));
      expect(await leases.seedModelKey(CANARY)).toBe('kept');
      expect(await leases.modelProvider(first.tenantId)).toEqual({ provider: 'scripted' });
    });
  });

  describe('a provider', () => {
    const set = (choice: Parameters<typeof choose>[0]) => choose(choice);
    const choose = (choice: { provider: 'compatible'; baseUrl: string; token: string } | { provider: 'anthropic'; apiKey: string }) =>
      store.withTenant(first.tenantId, ({ modelSettings }) => modelSettings.set(first.userId, choice));
    const COMPATIBLE = { provider: 'compatible', baseUrl: 'http://10.0.0.7:8000/v1', token: CANARY } as const;

    it('is read as it was chosen, and is gone when it is cleared', async () => {
      expect(await set(COMPATIBLE)).toMatchObject({
        provider: 'compatible',
        source: 'member',
        baseUrl: COMPATIBLE.baseUrl,
        updatedBy: 'A member',
      });
      expect(await leases.modelProvider(first.tenantId)).toEqual(COMPATIBLE);
      await set({ provider: 'anthropic', apiKey: CANARY });
      expect(await leases.modelProvider(first.tenantId)).toEqual({ provider: 'anthropic', apiKey: CANARY });
      expect(await store.withTenant(first.tenantId, ({ modelSettings }) => modelSettings.clear())).toEqual({
        ...{ provider: 'none', source: 'installation', baseUrl: null, keyHint: null, updatedAt: null, updatedBy: null },
      });
      expect(await leases.modelProvider(first.tenantId)).toBeUndefined();
      expect(await database.query('SELECT FROM model_settings')).toEqual([]);
    });

    it('under another secret is a clear error, not a crash', async () => {
      await set(COMPATIBLE);
      // The roles' passwords come from the secret as well: only what is sealed is from another one here.
      const [row] = await database.query<{ sealed: Buffer }>('SELECT secret_ciphertext AS sealed FROM model_settings');
      const changed = Buffer.from(row?.sealed ?? []);
      changed[20] = (changed[20] ?? 0) ^ 1;
      await database.query('UPDATE model_settings SET secret_ciphertext = $1', [changed]);
      await expect(leases.modelProvider(first.tenantId)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(/BERTH_SECRET/) as string,
      });
      expect(await settings(first.tenantId)).toMatchObject({ provider: 'compatible' });
    });

    it('sent elsewhere by somebody who can write rows, does not take the key along', async () => {
      const other = await database.addTenant();
      await set(COMPATIBLE);
      await database.query(`UPDATE model_settings SET base_url = 'https://evil.example'`);
      await expect(leases.modelProvider(first.tenantId)).rejects.toMatchObject({ code: 'conflict' });
      await set(COMPATIBLE);
      await database.query(
        `INSERT INTO model_settings (tenant_id, provider, source, base_url, secret_ciphertext, updated_by)
         SELECT $1, provider, source, base_url, secret_ciphertext, $2 FROM model_settings`,
        [uuidFromId(other.tenantId), uuidFromId(other.userId)],
      );
      await expect(leases.modelProvider(other.tenantId)).rejects.toMatchObject({ code: 'conflict' });
    });

    it.each([
      `provider = 'none'`,
      `source = 'environment'`,
      `updated_by = NULL`,
      `secret_ciphertext = NULL`,
      `base_url = NULL`,
      `provider = 'scripted'`,
    ])('cannot be half a provider: %s', async (change) => {
      await set(COMPATIBLE);
      await expect(
        database.query(`UPDATE model_settings SET ${change} WHERE updated_by = $1`, [uuidFromId(first.userId)]),
      ).rejects.toMatchObject({
        code: '23514',
      });
    });
  });

  describe('usage', () => {
    const list = (tenantId: TenantId, period = {}) => store.withTenant(tenantId, ({ usage }) => usage.list(period));

    it('adds up by day and model, over runs and sessions, whoever records at the same moment', async () => {
      const member = await database.addTenant();
      const [one, two] = await queueSessions(database, { ...member, count: 2 });
      if (one === undefined || two === undefined) throw new Error('no sessions');
      const run = (sessionId: typeof one, epoch: number) => ({ tenantId: member.tenantId, sessionId, epoch });
      await Promise.all(Array.from({ length: 10 }, () => leases.recordUsage(run(one, 1), [used(), used(), used({ model: 'other' })])));
      await leases.recordUsage(run(one, 2), [used()]);
      await leases.recordUsage(run(two, 1), [used({ inputTokens: 2 ** 40 })]);
      await leases.recordUsage(run(two, 1), []);
      expect(await list(member.tenantId)).toEqual([
        {
          ...{ day: new Date().toISOString().slice(0, 10), model: 'a-model', requests: 22 },
          ...{ inputTokens: 210 + 2 ** 40, outputTokens: 440, cacheReadTokens: 660, cacheWriteTokens: 880 },
        },
        expect.objectContaining({ model: 'other', requests: 10 }),
      ]);
    });

    it('outlives its session', async () => {
      const member = await database.addTenant();
      const [sessionId] = await queueSessions(database, { ...member, count: 1 });
      if (sessionId === undefined) throw new Error('no session');
      await leases.recordUsage({ tenantId: member.tenantId, sessionId, epoch: 1 }, [used()]);
      await database.query('DELETE FROM sessions WHERE id = $1', [uuidFromId(sessionId)]);
      expect(await list(member.tenantId)).toHaveLength(1);
    });

    it('is listed for whole days, both included, the last thirty unless told otherwise', async () => {
      const { tenantId } = await database.addTenant();
      for (const day of ['2026-01-01', '2026-01-15', '2026-01-30', '2026-01-31'])
        await database.query(`INSERT INTO usage VALUES ($1, gen_random_uuid(), 1, $2, 'm', 1, 1, 1, 1, 1)`, [uuidFromId(tenantId), day]);
      const days = async (period: object) => (await list(tenantId, period)).map(({ day }) => day);
      expect(await days({ to: '2026-01-31' })).toEqual(['2026-01-31', '2026-01-30', '2026-01-15']);
      expect(await days({ from: '2026-01-01', to: '2026-01-30' })).toEqual(['2026-01-30', '2026-01-15', '2026-01-01']);
      expect(await days({ from: '2026-01-30', to: '2026-01-01' })).toEqual([]);
    });

    it('takes any name of a model that an upstream makes up', async () => {
      const member = await database.addTenant();
      const run = { tenantId: member.tenantId, sessionId: idFromUuid('session', crypto.randomUUID()), epoch: 1 };
      await leases.recordUsage(run, [used({ model: `a\u0000b\u001b[31m${'x'.repeat(500)}` }), used({ model: '' })]);
      const names = (await list(member.tenantId)).map(({ model }) => model);
      expect(names).toEqual([expect.stringMatching(/^ab\[31mx{194}$/), 'unknown']);
    });
  });

  it('tells which sessions are gone, whichever tenant had them', async () => {
    const others = await database.addTenant();
    const [mine] = await queueSessions(database, { ...first, count: 1 });
    const [theirs] = await queueSessions(database, { ...others, count: 1 });
    const gone = idFromUuid('session', crypto.randomUUID());
    expect(await leases.deletedSessions([mine, gone, theirs].filter((id) => id !== undefined))).toEqual([gone]);
    expect(await leases.deletedSessions([])).toEqual([]);
  });

  it('a claim tells what Claude Code is started with, and that it always asks', async () => {
    const member = await database.addTenant();
    const shell = { kind: 'terminal', title: 'x', cols: 80, rows: 24, createdBy: member.userId } as const;
    const [asked, old, other] = await store.withTenant(member.tenantId, async ({ sessions }) => [
      await sessions.create({ ...shell, command: [], model: 'opus', permissionMode: 'plan', workspacePath: '/srv/code' }),
      await sessions.create({ ...shell, command: [] }),
      await sessions.create({ ...shell, command: ['bash'] }),
    ]);
    const host = await leases.registerHost({ name: 'models' });
    const runs = await leases.claimNext(host, { ttl: { agent: 60, terminal: 60 }, limit: 100 });
    const of = (session: { id: string } | undefined) => runs.find(({ sessionId }) => sessionId === session?.id);
    expect(of(asked)).toMatchObject({ command: [], model: 'opus', permissionMode: 'plan', workspacePath: '/srv/code' });
    expect(of(old)).toMatchObject({ command: [], model: null, permissionMode: 'manual' });
    expect(of(other)).toMatchObject({ command: ['bash'], model: null, permissionMode: null });
    expect(await leases.claims(host)).toEqual(expect.arrayContaining([expect.objectContaining({ model: 'opus', permissionMode: 'plan' })]));
    expect(old).toMatchObject({ program: 'claude', permissionMode: 'manual', modelProvider: 'none' });
    expect(other).toMatchObject({ program: 'command', permissionMode: null });
  });

  it.each([`model = 'a b'`, `model = '--settings=x'`, `permission_mode = 'all'`, `command = '["x"]', model = 'opus'`])(
    'T2 a session cannot be made to hold %s',
    async (change) => {
      await queueSessions(database, { ...first, count: 1 });
      await expect(
        database.query(`UPDATE sessions SET command = '[]', ${change}`.replace(`command = '[]', command`, 'command')),
      ).rejects.toMatchObject({
        code: '23514',
      });
    },
  );
});
