import { OFFSET_RESERVATION, uuidFromId, type SessionId, type TenantId, type UserId } from '@berth/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { testServerUrl } from '../testing/test-server.js';
import { queueSessions } from '../testing/test-sessions.js';
import type { ClaimedRun, HostIdentity, RenewedRun } from './lease-types.js';
import { type Leases, openLeases } from './open-leases.js';

const TTL = { agent: 60, terminal: 300 };

describe('leases', () => {
  let database: TestDatabase;
  let leases: Leases;
  let member: { tenantId: TenantId; userId: UserId };
  let hosts = 0;

  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
    leases = openLeases(database);
    member = await database.addTenant();
  });
  afterAll(async () => {
    await leases.close();
    await database.drop();
  });
  afterEach(async () => {
    await database.query('DELETE FROM sessions');
  });

  const newHost = async (): Promise<HostIdentity> => {
    const { hostId, incarnation } = await leases.registerHost({ name: `host-${String((hosts += 1))}` });
    return { hostId, incarnation };
  };
  const queue = (count: number, kind: 'terminal' | 'agent' = 'terminal') => queueSessions(database, { ...member, count, kind });
  const claimOne = async (host: HostIdentity): Promise<ClaimedRun> => {
    await queue(1);
    const [run] = await leases.claimNext(host, { ttl: TTL, limit: 1 });
    if (run === undefined) throw new Error('nothing was claimed');
    return run;
  };
  const renewed = async (host: HostIdentity): Promise<RenewedRun[]> => {
    const runs = await leases.renew(host, TTL);
    if (runs === 'superseded') throw new Error('superseded');
    return runs;
  };
  const sessionRow = async (id: SessionId) => (await database.query('SELECT * FROM sessions WHERE id = $1', [uuidFromId(id)]))[0];
  const runRow = async ({ sessionId, epoch }: ClaimedRun) =>
    (await database.query('SELECT * FROM session_runs WHERE session_id = $1 AND epoch = $2', [uuidFromId(sessionId), epoch]))[0];
  const expire = (id: SessionId) =>
    database.query(`UPDATE sessions SET lease_until = now() - interval '1 ms' WHERE id = $1`, [uuidFromId(id)]);
  const wake = (id: SessionId) =>
    database.query(`UPDATE sessions SET status = 'queued' WHERE id = $1 AND status = 'suspended'`, [uuidFromId(id)]);

  describe('claiming', () => {
    it('gives each of 50 queued sessions to one of two racing hosts, none to both', async () => {
      const other = openLeases(database);
      const ids = await queue(50);
      const [left, right] = [await newHost(), await newHost()];
      await other.ping();
      // All at once: more claims than connections, so that they queue on both sides.
      const claim = async (through: Leases, host: HostIdentity) =>
        (await Promise.all(Array.from({ length: 20 }, () => through.claimNext(host, { ttl: TTL, limit: 3 })))).flat();
      const [one, two] = await Promise.all([claim(leases, left), claim(other, right)]);
      await other.close();
      expect(one).not.toHaveLength(0);
      expect(two).not.toHaveLength(0);
      const claimed = [...one, ...two];
      expect(claimed.map(({ sessionId }) => sessionId).toSorted()).toEqual(ids.toSorted());
      expect(new Set(claimed.map(({ epoch }) => epoch))).toEqual(new Set([1]));
    });

    it('takes the longest waiting first and tells all that is needed to start it', async () => {
      const host = await newHost();
      const [first, second] = await queue(3);
      const runs = await leases.claimNext(host, { ttl: TTL, limit: 2 });
      expect(runs.map(({ sessionId }) => sessionId)).toEqual([first, second]);
      const [run] = runs;
      expect(run).toMatchObject({
        tenantId: member.tenantId,
        epoch: 1,
        kind: 'terminal',
        title: 'queued by a spec',
        command: ['true'],
        cols: 80,
        rows: 24,
      });
      expect(run).toMatchObject({ base: 0, limit: OFFSET_RESERVATION, workspacePath: null, traceparent: null });
      expect(await leases.claims(host)).toEqual(runs.map((each) => ({ ...each, leaseMs: expect.any(Number) as number })));
    });

    it('holds a terminal longer than an agent', async () => {
      const host = await newHost();
      await queue(1, 'terminal');
      await queue(1, 'agent');
      const runs = await leases.claimNext(host, { ttl: TTL, limit: 2 });
      for (const { kind, leaseMs } of [...runs, ...(await leases.claims(host))]) {
        expect(leaseMs).toBeLessThanOrEqual(TTL[kind] * 1000);
        expect(leaseMs).toBeGreaterThan(TTL[kind] * 1000 - 5000);
      }
    });

    it('gives nothing to a draining host and nothing to a replaced incarnation', async () => {
      await queue(1);
      const { hostId, incarnation } = await leases.registerHost({ name: 'replaced' });
      const newer = await leases.registerHost({ name: 'replaced' });
      expect(newer).toMatchObject({ hostId, incarnation: incarnation + 1 });
      expect(await leases.claimNext({ hostId, incarnation }, { ttl: TTL, limit: 1 })).toEqual([]);
      expect(await leases.announceHost({ hostId, incarnation }, { draining: true })).toBe('lease_lost');
      expect(await leases.announceHost(newer, { draining: true, address: '10.0.0.1:4000' })).toBe('ok');
      expect(await leases.claimNext(newer, { ttl: TTL, limit: 1 })).toEqual([]);
    });

    it('never leaves a run to an incarnation that is replaced while it claims', async () => {
      for (let round = 0; round < 15; round += 1) {
        const ids = await queue(4);
        const old = await leases.registerHost({ name: 'restarting' });
        const [claimed, fresh] = await Promise.all([
          Promise.all([1, 2].map(() => leases.claimNext(old, { ttl: TTL, limit: 2 }))),
          leases.registerHost({ name: 'restarting' }),
        ]);
        expect(await leases.renew(fresh, TTL)).toEqual([]);
        expect(fresh.lost.map(({ sessionId }) => sessionId).toSorted()).toEqual(
          claimed
            .flat()
            .map(({ sessionId }) => sessionId)
            .toSorted(),
        );
        await database.query('DELETE FROM sessions WHERE id = ANY($1)', [ids.map(uuidFromId)]);
      }
    });
  });

  describe('renewing', () => {
    it('extends all runs of a host in one statement and brings what members ask for', async () => {
      const host = await newHost();
      await queue(3);
      const runs = await leases.claimNext(host, { ttl: { agent: 5, terminal: 5 }, limit: 3 });
      await database.query(`UPDATE sessions SET desired = 'suspended' WHERE id = $1`, [uuidFromId(runs[1]?.sessionId as SessionId)]);
      const answer = await renewed(host);
      expect(answer).toHaveLength(3);
      expect(answer.every(({ leaseMs }) => leaseMs > 290_000 && leaseMs <= 300_000)).toBe(true);
      expect(answer.find(({ sessionId }) => sessionId === runs[1]?.sessionId)?.desired).toBe('suspended');
      expect(answer.filter(({ desired }) => desired === null)).toHaveLength(2);
    });

    it('leaves out a run whose lease has ended by the database clock, swept or not', async () => {
      const host = await newHost();
      const run = await claimOne(host);
      await expire(run.sessionId);
      expect(await renewed(host)).toEqual([]);
      expect(await leases.claims(host)).toEqual([]);
    });

    it('says superseded to a replaced incarnation', async () => {
      const old = await leases.registerHost({ name: 'superseded' });
      await leases.registerHost({ name: 'superseded' });
      expect(await leases.renew(old, TTL)).toBe('superseded');
    });
  });

  describe('fencing', () => {
    const writes = (through: Leases, run: ClaimedRun) => ({
      advance: () => through.advanceRun(run, 'running'),
      reserve: () => through.reserveOffsets(run, run.limit + 1),
      resize: () => through.resizeRun(run, 100, 30),
      close: () => through.closeRun(run, { reason: 'exited', exitCode: 0, end: run.base }),
    });

    it('lets the owner write', async () => {
      const run = await claimOne(await newHost());
      const { advance, reserve, resize, close } = writes(leases, run);
      expect(await advance()).toBe('ok');
      expect(await reserve()).toBe(run.limit + 1);
      expect(await resize()).toBe('ok');
      expect(await sessionRow(run.sessionId)).toMatchObject({ status: 'running', cols: 100, rows: 30 });
      expect(await close()).toBe('ok');
    });

    it('refuses every write of a run that another host has taken over', async () => {
      const run = await claimOne(await newHost());
      await expire(run.sessionId);
      await leases.sweepExpired();
      await wake(run.sessionId);
      await leases.claimNext(await newHost(), { ttl: TTL, limit: 1 });
      const before = await sessionRow(run.sessionId);
      for (const write of Object.values(writes(leases, run))) expect(await write()).toBe('lease_lost');
      expect(await sessionRow(run.sessionId)).toEqual(before);
    });

    it('refuses every write once the lease has ended, swept or not', async () => {
      const run = await claimOne(await newHost());
      await expire(run.sessionId);
      const before = await sessionRow(run.sessionId);
      for (const write of Object.values(writes(leases, run))) expect(await write()).toBe('lease_lost');
      expect(await sessionRow(run.sessionId)).toEqual(before);
      await leases.sweepExpired();
      for (const write of Object.values(writes(leases, run))) expect(await write()).toBe('lease_lost');
    });

    it('negative control: with the fence off a zombie gets through', async () => {
      const unfenced = openLeases({ ...database, flags: new Set(['no-fence']) });
      const run = await claimOne(await newHost());
      await expire(run.sessionId);
      await leases.sweepExpired();
      await wake(run.sessionId);
      await leases.claimNext(await newHost(), { ttl: TTL, limit: 1 });
      for (const write of Object.values(writes(unfenced, run))) expect(await write()).not.toBe('lease_lost');
      expect(await sessionRow(run.sessionId)).toMatchObject({ status: 'closed', epoch: 2 });
      await unfenced.close();
    });
  });

  describe('the life of a run', () => {
    it('moves forward only', async () => {
      const run = await claimOne(await newHost());
      expect(await leases.advanceRun(run, 'closing')).toBe('ok');
      expect(await leases.advanceRun(run, 'running')).toBe('ok');
      expect(await runRow(run)).toMatchObject({ state: 'closing' });
    });

    it('continues after a clean close at the offset where it ended', async () => {
      const host = await newHost();
      const run = await claimOne(host);
      await leases.advanceRun(run, 'running');
      expect(await leases.closeRun(run, { reason: 'suspended', end: 1234 })).toBe('ok');
      expect(await sessionRow(run.sessionId)).toMatchObject({
        status: 'suspended',
        host_id: null,
        lease_until: null,
        offset_limit: '1234',
        head: '1234',
      });
      expect(await runRow(run)).toMatchObject({ state: 'closed', close_reason: 'suspended', end: '1234' });
      await wake(run.sessionId);
      const [next] = await leases.claimNext(host, { ttl: TTL, limit: 1 });
      expect(next).toMatchObject({ epoch: 2, base: 1234, limit: 1234 + OFFSET_RESERVATION });
    });

    it('continues after a lost host behind everything that was reserved', async () => {
      const host = await newHost();
      const run = await claimOne(host);
      const limit = await leases.reserveOffsets(run, run.limit + OFFSET_RESERVATION, 5_000_000);
      const [lost] = await leases.closeHostRuns(host);
      expect(lost).toEqual({ tenantId: run.tenantId, sessionId: run.sessionId, epoch: 1, base: 0, limit });
      await wake(run.sessionId);
      const [next] = await leases.claimNext(await newHost(), { ttl: TTL, limit: 1 });
      expect(next).toMatchObject({ epoch: 2, base: limit });
      // Sealed late: the lost run ends where its log ends, the new run is not touched.
      expect(await leases.unsealedRuns(0)).toEqual([lost]);
      await leases.setRunEnd(run, 4_000_000);
      await leases.setRunEnd(run, 1);
      expect(await runRow(run)).toMatchObject({ end: '4000000' });
      expect(await leases.unsealedRuns(0)).toEqual([]);
      expect(await leases.runsUpTo(run)).toEqual([{ epoch: 1, base: 0, end: 4_000_000 }]);
      expect(await leases.runsUpTo({ ...run, epoch: 2 })).toEqual([
        { epoch: 1, base: 0, end: 4_000_000 },
        { epoch: 2, base: limit, end: null },
      ]);
      expect(await sessionRow(run.sessionId)).toMatchObject({ offset_limit: String(next?.limit) });
    });

    it('closes a session for reasons that end it, with its exit code', async () => {
      const run = await claimOne(await newHost());
      await leases.closeRun(run, { reason: 'exited', exitCode: 7, end: 10 });
      expect(await sessionRow(run.sessionId)).toMatchObject({
        status: 'closed',
        exit_code: 7,
        close_reason: 'exited',
        closed_at: expect.any(Date) as Date,
      });
    });

    it('closes a session that a member asked to close, whatever ended its run', async () => {
      const host = await newHost();
      const [drained, lost] = [await claimOne(host), await claimOne(host)];
      await database.query(`UPDATE sessions SET desired = 'closed'`);
      await leases.closeRun(drained, { reason: 'drained', end: 0 });
      await leases.closeHostRuns(host);
      expect(await sessionRow(drained.sessionId)).toMatchObject({ status: 'closed', desired: null });
      expect(await sessionRow(lost.sessionId)).toMatchObject({ status: 'closed', desired: null, close_reason: 'host_lost' });
    });

    it('says ok again to the same close, whose first answer may have been lost, and lease_lost to another one', async () => {
      const run = await claimOne(await newHost());
      const close = { reason: 'exited', exitCode: 0, end: 10 } as const;
      expect(await leases.closeRun(run, close)).toBe('ok');
      expect(await leases.closeRun(run, close)).toBe('ok');
      expect(await leases.closeRun(run, { ...close, end: 11 })).toBe('lease_lost');
      expect(await leases.closeRun(run, { reason: 'drained' })).toBe('lease_lost');
      expect(await runRow(run)).toMatchObject({ close_reason: 'exited', end: '10' });
    });

    it('leaves the end open when the log was given up', async () => {
      const run = await claimOne(await newHost());
      await leases.closeRun(run, { reason: 'exited', exitCode: 0 });
      expect(await leases.unsealedRuns(60)).toEqual([]);
      expect(await leases.unsealedRuns(0)).toMatchObject([{ sessionId: run.sessionId, limit: run.limit }]);
      await leases.setRunEnd(run, 99);
      expect(await sessionRow(run.sessionId)).toMatchObject({ head: '99', offset_limit: String(run.limit) });
    });
  });

  describe('sweeping', () => {
    it('closes ended leases once, however many sweep, and leaves live ones', async () => {
      const host = await newHost();
      await queue(21);
      const runs = await leases.claimNext(host, { ttl: TTL, limit: 21 });
      for (const { sessionId } of runs.slice(1)) await expire(sessionId);
      const swept = (await Promise.all(Array.from({ length: 4 }, () => leases.sweepExpired(10)))).flat();
      swept.push(...(await leases.sweepExpired()));
      expect(swept.map(({ sessionId }) => sessionId).toSorted()).toEqual(
        runs
          .slice(1)
          .map(({ sessionId }) => sessionId)
          .toSorted(),
      );
      expect(await renewed(host)).toMatchObject([{ sessionId: runs[0]?.sessionId }]);
      expect(await sessionRow(runs[1]?.sessionId as SessionId)).toMatchObject({ status: 'suspended', close_reason: 'host_lost' });
    });

    it('ends a dead incarnation for good: its late claims get nothing', async () => {
      const host = await newHost();
      const run = await claimOne(host);
      expect(await leases.closeHostRuns(host)).toMatchObject([{ sessionId: run.sessionId }]);
      expect(await leases.closeHostRuns(host)).toEqual([]);
      await queue(1);
      expect(await leases.claimNext(host, { ttl: TTL, limit: 1 })).toEqual([]);
    });
  });

  it('rejects with unavailable when there is no database', async () => {
    const away = openLeases({ databaseUrl: 'postgres://127.0.0.1:1/nothing', secret: database.secret });
    await expect(away.renew({ hostId: (await newHost()).hostId, incarnation: 1 }, TTL)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(away.ping()).rejects.toMatchObject({ code: 'unavailable' });
    await away.close();
  });
});
