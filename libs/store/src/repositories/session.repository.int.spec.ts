import { type SessionId, type SessionView, type TenantId, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostIdentity } from '../leases/index.js';
import { type Store, openStore } from '../store.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { testServerUrl } from '../testing/test-server.js';
import type { TenantRepositories } from './tenant-repositories.js';

const TTL = { agent: 60, terminal: 300 };
const ABSENT: SessionId = idFromUuid('session', crypto.randomUUID());

describe('SessionRepository', () => {
  let database: TestDatabase;
  let store: Store;
  let member: { tenantId: TenantId; userId: UserId };
  let host: HostIdentity;

  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
    store = openStore(database);
    member = await database.addTenant();
    host = await store.leases.registerHost({ name: 'here' });
    await store.leases.announceHost(host, { address: '127.0.0.1:4000' });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const inTenant = <T>(work: (repositories: TenantRepositories) => Promise<T>) => store.withTenant(member.tenantId, work);
  const create = (title = 'a session'): Promise<SessionView> =>
    inTenant(({ sessions }) =>
      sessions.create({ kind: 'terminal', title, command: ['bash', '-l'], cols: 120, rows: 40, createdBy: member.userId }),
    );
  const claim = async () => {
    const [run] = await store.leases.claimNext(host, { ttl: TTL, limit: 1 });
    if (run === undefined) throw new Error('nothing was claimed');
    return run;
  };

  it('creates a queued session as the API shows it', async () => {
    const session = await create('first');
    expect(session).toEqual({
      id: expect.stringMatching(/^ses_[0-9a-f]{32}$/) as string,
      kind: 'terminal',
      status: 'queued',
      title: 'first',
      ...{ program: 'command', command: ['bash', '-l'], model: null, permissionMode: null, modelProvider: 'none' },
      createdBy: member.userId,
      run: { epoch: 0, state: 'queued', host: null },
      head: 0,
      cols: 120,
      rows: 40,
      workspace: null,
      createdAt: expect.stringMatching(/Z$/) as string,
      closedAt: null,
    });
    expect(await inTenant(({ sessions }) => sessions.get(session.id))).toEqual(session);
    expect(await inTenant(({ sessions }) => sessions.request(session.id, 'closed'))).toMatchObject({ outcome: 'done' });
  });

  it('shows a run through its life, and where its bytes are', async () => {
    const { id } = await create();
    const placed = () => inTenant(({ sessions }) => sessions.placement(id));
    expect(await placed()).toMatchObject({ status: 'queued', epoch: 0, state: 'queued', host: null });
    const run = await claim();
    expect(await placed()).toMatchObject({
      ...{ tenantId: member.tenantId, sessionId: id, status: 'starting', epoch: 1, state: 'starting', offsetLimit: run.limit },
      host: { hostId: host.hostId, incarnation: host.incarnation, address: '127.0.0.1:4000' },
    });
    await store.leases.advanceRun(run, 'running');
    expect(await inTenant(({ sessions }) => sessions.get(id))).toMatchObject({
      status: 'running',
      run: { epoch: 1, state: 'running', host: host.hostId },
    });
    await store.leases.closeRun(run, { reason: 'exited', exitCode: 3, end: 70 });
    expect(await inTenant(({ sessions }) => sessions.get(id))).toMatchObject({
      ...{ status: 'closed', head: 70, closedAt: expect.any(String) as string },
      run: { epoch: 1, state: 'closed', host: host.hostId, closeReason: 'exited', exitCode: 3 },
    });
    expect(await placed()).toMatchObject({ state: 'closed', closeReason: 'exited', exitCode: 3, head: 70, offsetLimit: 70, host: null });
  });

  it('lists newest first, page by page, with filters', async () => {
    const other = await database.addTenant();
    const ids: SessionId[] = [];
    await store.withTenant(other.tenantId, async ({ sessions }) => {
      for (let n = 0; n < 7; n += 1) {
        const input = {
          kind: 'terminal',
          title: `n ${String(n)}`,
          command: ['true'],
          cols: 80,
          rows: 24,
          createdBy: other.userId,
        } as const;
        ids.unshift((await sessions.create({ ...input, command: [...input.command] })).id);
      }
      await sessions.request(ids[2] as SessionId, 'suspended');
    });
    const page = (query: {
      cursor?: string | undefined;
      limit: number;
      status?: 'queued' | 'suspended' | 'closed' | 'active';
      kind?: 'agent';
      search?: string;
    }) => store.withTenant(other.tenantId, ({ sessions }) => sessions.list(query));
    const seen: SessionId[] = [];
    let cursor: string | undefined;
    do {
      const { items, nextCursor } = await page({ limit: 3, cursor });
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(ids);
    expect((await page({ limit: 7 })).nextCursor).toBeNull();
    expect((await page({ limit: 10, status: 'suspended' })).items.map(({ id }) => id)).toEqual([ids[2]]);
    expect((await page({ limit: 10, status: 'closed' })).items).toEqual([]);
    expect((await page({ limit: 10, kind: 'agent' })).items).toEqual([]);
    await store.withTenant(other.tenantId, ({ sessions }) => sessions.request(ids[0] as SessionId, 'closed'));
    expect((await page({ limit: 10, status: 'active' })).items.map(({ id }) => id)).toEqual(ids.slice(1));
    await store.withTenant(other.tenantId, ({ sessions }) => sessions.rename(ids[4] as SessionId, 'Fifty %_ Ünits'));
    for (const search of ['%_ Ü', 'FIFTY'])
      expect(
        (await page({ limit: 10, search })).items.map(({ id }) => id),
        search,
      ).toEqual([ids[4]]);
    // No pattern: what means "anything" elsewhere means itself.
    for (const search of ['%%', 'n_', '.*', "' OR true --"]) expect((await page({ limit: 10, search })).items, search).toEqual([]);
    await expect(page({ limit: 10, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { issues: [{ path: 'cursor' }] },
    });
    await database.query(`UPDATE sessions SET status = 'suspended' WHERE tenant_id = $1`, [uuidFromId(other.tenantId)]);
  });

  it('renames', async () => {
    const { id } = await create();
    expect(await inTenant(({ sessions }) => sessions.rename(id, 'better'))).toMatchObject({ title: 'better' });
    await inTenant(({ sessions }) => sessions.request(id, 'closed'));
  });

  it('asks the host to end a live run, and lets a wish to close stand', async () => {
    const { id } = await create();
    await claim();
    const request = (desired: 'closed' | 'suspended') => inTenant(({ sessions }) => sessions.request(id, desired));
    expect(await request('suspended')).toMatchObject({ outcome: 'asked', hostId: host.hostId });
    expect(await inTenant(({ sessions }) => sessions.wake(id))).toMatchObject({ outcome: 'conflict' });
    await request('closed');
    await request('suspended');
    expect(await store.leases.renew(host, TTL)).toMatchObject([{ sessionId: id, desired: 'closed' }]);
    await store.leases.closeHostRuns(host);
    host = await store.leases.registerHost({ name: 'here' });
    expect(await inTenant(({ sessions }) => sessions.get(id))).toMatchObject({ status: 'closed', run: { closeReason: 'host_lost' } });
  });

  it('ends what nobody runs at once', async () => {
    const { id } = await create();
    const request = (desired: 'closed' | 'suspended') => inTenant(({ sessions }) => sessions.request(id, desired));
    expect(await request('suspended')).toMatchObject({
      outcome: 'done',
      session: { status: 'suspended', run: { epoch: 0, state: 'closed', closeReason: 'suspended' } },
    });
    expect(await request('suspended')).toMatchObject({ outcome: 'done' });
    expect(await request('closed')).toMatchObject({ outcome: 'done', session: { status: 'closed', run: { closeReason: 'cancelled' } } });
    expect(await request('closed')).toMatchObject({ outcome: 'done' });
    expect(await request('suspended')).toMatchObject({ outcome: 'conflict' });
    expect(await inTenant(({ sessions }) => sessions.wake(id))).toMatchObject({ outcome: 'conflict' });
    expect(await store.leases.claimNext(host, { ttl: TTL, limit: 1 })).toEqual([]);
  });

  it('wakes a suspended session into its next run, with the trace of who woke it', async () => {
    const { id } = await create();
    const run = await claim();
    await store.leases.closeRun(run, { reason: 'drained', end: 10 });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(await inTenant(({ sessions }) => sessions.wake(id, traceparent))).toMatchObject({
      ...{ outcome: 'done', session: { status: 'queued', run: { epoch: 1, state: 'queued', host: null } } },
    });
    expect(await inTenant(({ sessions }) => sessions.wake(id))).toMatchObject({ outcome: 'done', session: { status: 'queued' } });
    const next = await claim();
    expect(next).toMatchObject({ sessionId: id, epoch: 2, base: 10, traceparent });
    expect(await inTenant(({ sessions }) => sessions.wake(id))).toMatchObject({ outcome: 'done', session: { status: 'starting' } });
    await store.leases.closeHostRuns(host);
    host = await store.leases.registerHost({ name: 'here' });
    await inTenant(({ sessions }) => sessions.wake(id));
    await claim();
    // The reader of the log knows each run's range; what was lost is known once it has been sealed.
    expect(await inTenant(({ sessions }) => sessions.runs(id))).toEqual([
      { epoch: 1, state: 'closed', closeReason: 'drained', hostId: host.hostId, base: 0, end: 10, limit: 10 },
      { epoch: 2, state: 'closed', closeReason: 'host_lost', hostId: host.hostId, base: 10, end: null, limit: next.limit },
      { epoch: 3, state: 'starting', hostId: host.hostId, base: next.limit, end: null, limit: 2 * next.limit - 10 },
    ]);
  });

  it('deletes closed sessions only, with their runs', async () => {
    const { id } = await create();
    const run = await claim();
    const remove = () => inTenant(({ sessions }) => sessions.remove(id));
    expect(await remove()).toEqual({ outcome: 'conflict' });
    await store.leases.closeRun(run, { reason: 'cancelled', end: 0 });
    expect(await remove()).toEqual({ outcome: 'removed', epochs: [1] });
    expect(await remove()).toEqual({ outcome: 'not_found' });
    expect(await database.query('SELECT FROM session_runs WHERE session_id = $1', [uuidFromId(id)])).toEqual([]);
  });

  it('knows nothing of a session that is not there', async () => {
    const answers = await inTenant(async ({ sessions }) => [
      await sessions.get(ABSENT),
      await sessions.placement(ABSENT),
      await sessions.rename(ABSENT, 'x'),
      await sessions.request(ABSENT, 'closed'),
      await sessions.wake(ABSENT),
    ]);
    expect(answers).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(await inTenant(({ sessions }) => sessions.runs(ABSENT))).toEqual([]);
  });
});
