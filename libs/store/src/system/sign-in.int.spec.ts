import { type TenantId, type UserId, idFromUuid, uuidFromId } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Store, openStore } from '../store.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { testServerUrl } from '../testing/test-server.js';
import { queueSessions } from '../testing/test-sessions.js';
import type { Trust } from './sign-in-types.js';
import type { SystemRepositories } from './system-repositories.js';

const token = () => crypto.randomUUID();

describe('sign-in', () => {
  let database: TestDatabase;
  let store: Store;
  let member: { tenantId: TenantId; userId: UserId };

  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
    store = openStore(database);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const signIn = <T>(work: (repositories: SystemRepositories<'sign_in'>) => Promise<T>) => store.withSystem('sign_in', work);
  const newFamily = async (trust: Partial<Trust> = {}) => {
    const first = token();
    const family = { ...member, trust: { confined: false, recovery: false, ...trust }, token: first, lifetimeSeconds: 600 };
    const familyId = await signIn(({ refreshFamilies }) => refreshFamilies.create(family));
    const rotate = (presented: string, next = token()) =>
      signIn(({ refreshFamilies }) => refreshFamilies.rotate({ familyId, presented, next, lifetimeSeconds: 600 }));
    return { familyId, first, rotate };
  };
  const isLive = async (familyId: string, { userId, tenantId } = member) =>
    (await store.withSystem('principals', ({ principals }) => principals.live([{ userId, tenantId, familyId }]))).length === 1;

  it('creates the first tenant and its owner once, however many start at once', async () => {
    const first = { tenantName: 'First', email: 'Owner@Example.com', userName: 'Owner', passwordHash: 'a hash' };
    expect(await store.withSystem('bootstrap', ({ tenants }) => tenants.firstOwner())).toBeUndefined();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => store.withSystem('bootstrap', ({ tenants }) => tenants.createFirst(first))),
    );
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ tenantId }) => tenantId)).size).toBe(1);
    const { tenantId, userId } = answers[0] ?? { tenantId: undefined, userId: undefined };
    if (tenantId === undefined || userId === undefined) throw new Error('no answer');
    member = { tenantId, userId };
    expect(await store.withSystem('bootstrap', ({ tenants }) => tenants.firstOwner())).toEqual(member);
  });

  it('finds a user by address in any case, with tenants and roles', async () => {
    const account = { id: member.userId, email: 'owner@example.com', name: 'Owner', passwordHash: 'a hash', passwordTenantId: null };
    expect(await signIn(({ users }) => users.findByEmail('OWNER@example.COM'))).toEqual(account);
    expect(await signIn(({ users }) => users.findIn(member.tenantId, member.userId))).toEqual(account);
    expect(await signIn(({ users }) => users.findByEmail('nobody@example.com'))).toBeUndefined();
    expect(await signIn(({ memberships }) => memberships.ofUser(member.userId))).toEqual([
      { id: member.tenantId, name: 'First', role: 'owner' },
    ]);
  });

  describe('a login link', () => {
    const create = (secret: string, lifetimeSeconds = 600) =>
      signIn(({ loginTokens }) => loginTokens.create({ userId: member.userId, token: secret, lifetimeSeconds }));
    const consume = (secret: string) => signIn(({ loginTokens }) => loginTokens.consume(secret));

    it('works once, for one of several at the same moment', async () => {
      const secret = token();
      await create(secret);
      const answers = await Promise.all(Array.from({ length: 5 }, () => consume(secret)));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([{ userId: member.userId, tenantId: null, createdBy: null }]);
      expect(await consume(secret)).toBeUndefined();
    });

    it('works for its time, by the database clock, and is stored as a hash', async () => {
      const secret = token();
      await create(secret, 0);
      expect(await consume(secret)).toBeUndefined();
      expect(await consume(token())).toBeUndefined();
      const stored = await database.query<{ token_hash: Buffer }>('SELECT token_hash FROM login_tokens');
      expect(stored.some(({ token_hash }) => token_hash.toString('utf8').includes(secret))).toBe(false);
    });
  });

  describe('a refresh token', () => {
    it('is exchanged for the next one', async () => {
      const { first, rotate } = await newFamily();
      const [second, third] = [token(), token()];
      expect(await rotate(first, second)).toEqual({ outcome: 'rotated', ...member });
      expect(await rotate(second, third)).toEqual({ outcome: 'rotated', ...member });
      expect(await rotate(third)).toMatchObject({ outcome: 'rotated' });
    });

    it('may be presented twice within a moment, as two tabs do', async () => {
      const { first, rotate } = await newFamily();
      const second = token();
      const outcomes = (await Promise.all([rotate(first, second), rotate(first, token())])).map(({ outcome }) => outcome);
      expect(outcomes.toSorted()).toEqual(['concurrent', 'rotated']);
    });

    it('ends its family when an older one comes back', async () => {
      const { familyId, first, rotate } = await newFamily();
      const [second, third] = [token(), token()];
      await rotate(first, second);
      await rotate(second, third);
      expect(await isLive(familyId)).toBe(true);
      expect(await rotate(first)).toEqual({ outcome: 'reused', ...member });
      expect(await rotate(third)).toEqual({ outcome: 'refused' });
      expect(await isLive(familyId)).toBe(false);
    });

    it('ends its family when the one before comes back late', async () => {
      const { familyId, first, rotate } = await newFamily();
      await rotate(first);
      await database.query(`UPDATE refresh_families SET rotated_at = now() - interval '61 seconds' WHERE id = $1`, [familyId]);
      expect(await rotate(first)).toMatchObject({ outcome: 'reused' });
    });

    it('is refused after its time, after sign-out, and for a family that never was', async () => {
      const [expired, revoked] = [await newFamily(), await newFamily()];
      await database.query('UPDATE refresh_families SET expires_at = now() WHERE id = $1', [expired.familyId]);
      await signIn(({ refreshFamilies }) => refreshFamilies.revoke(revoked.familyId));
      for (const { first, rotate } of [expired, revoked]) expect(await rotate(first)).toEqual({ outcome: 'refused' });
      for (const familyId of [crypto.randomUUID(), 'not an id']) {
        const rotation = { familyId, presented: token(), next: token(), lifetimeSeconds: 60 };
        expect(await signIn(({ refreshFamilies }) => refreshFamilies.rotate(rotation))).toEqual({ outcome: 'refused' });
      }
    });

    it('follows its user to another tenant of his, and nowhere else', async () => {
      const { familyId, first, rotate } = await newFamily();
      const other = await database.addTenant({ name: 'Other' });
      const switchTo = (tenantId: TenantId) => signIn(({ refreshFamilies }) => refreshFamilies.switchTenant(familyId, tenantId));
      await store.withTenant(member.tenantId, ({ socketTickets }) =>
        socketTickets.create({ ticket: token(), userId: member.userId, familyId, lifetimeSeconds: 30 }),
      );
      expect(await switchTo(other.tenantId)).toBe('not_found');
      await database.query(`INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, 'viewer')`, [
        uuidFromId(other.tenantId),
        uuidFromId(member.userId),
      ]);
      const confined = await newFamily({ confined: true });
      expect(await signIn(({ refreshFamilies }) => refreshFamilies.switchTenant(confined.familyId, other.tenantId))).toBe('not_found');
      expect(await switchTo(other.tenantId)).toBe('switched');
      expect(await rotate(first)).toMatchObject({ outcome: 'rotated', tenantId: other.tenantId });
      expect(await isLive(familyId)).toBe(false);
      expect(await isLive(familyId, { ...member, tenantId: other.tenantId })).toBe(true);
      await database.query(`DELETE FROM memberships WHERE tenant_id = $1 AND role = 'viewer'`, [uuidFromId(other.tenantId)]);
    });
  });

  describe('a socket ticket', () => {
    const consume = (ticket: string) => store.withSystem('socket_ticket', ({ socketTickets }) => socketTickets.consume(ticket));
    const newTicket = async (options: { lifetimeSeconds?: number; familyId?: string } = {}) => {
      const { familyId } = await newFamily();
      const ticket = token();
      await store.withTenant(member.tenantId, ({ socketTickets }) =>
        socketTickets.create({ ticket, userId: member.userId, familyId, lifetimeSeconds: 30, ...options }),
      );
      return { ticket, familyId };
    };

    it('is consumed by one of several at the same moment, and says who comes', async () => {
      const { ticket, familyId } = await newTicket();
      const answers = await Promise.all(Array.from({ length: 5 }, () => consume(ticket)));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([{ ...member, familyId, role: 'owner', sessionId: null }]);
    });

    it('may be for one session of its own tenant', async () => {
      const { familyId } = await newFamily();
      const [sessionId] = await queueSessions(database, { ...member, count: 1 });
      const create = (id: typeof sessionId, ticket: string) =>
        store.withTenant(member.tenantId, ({ socketTickets }) =>
          socketTickets.create({ ticket, userId: member.userId, familyId, sessionId: id, lifetimeSeconds: 30 }),
        );
      const ticket = token();
      expect(await create(sessionId, ticket)).toBe('created');
      expect(await consume(ticket)).toMatchObject({ sessionId });
      expect(await create(idFromUuid('session', crypto.randomUUID()), token())).toBe('not_found');
    });

    it('is worth nothing after its time, and after its family or its membership has ended', async () => {
      const late = await newTicket({ lifetimeSeconds: 0 });
      expect(await consume(late.ticket)).toBeUndefined();
      const revoked = await newTicket();
      await signIn(({ refreshFamilies }) => refreshFamilies.revoke(revoked.familyId));
      expect(await consume(revoked.ticket)).toBeUndefined();
      const former = await newTicket();
      await database.query('UPDATE memberships SET revoked_at = now()');
      expect(await consume(former.ticket)).toBeUndefined();
      expect(await isLive(former.familyId)).toBe(false);
      await database.query('UPDATE memberships SET revoked_at = NULL');
      expect(await isLive(former.familyId)).toBe(true);
    });
  });

  it('tells the living among many principals in one go, with their present role', async () => {
    const [one, two] = [await newFamily(), await newFamily()];
    await signIn(({ refreshFamilies }) => refreshFamilies.revoke(two.familyId));
    const asked = [one.familyId, one.familyId, two.familyId, crypto.randomUUID()].map((familyId) => ({ ...member, familyId }));
    expect(await store.withSystem('principals', ({ principals }) => principals.live(asked))).toEqual([
      { ...member, familyId: one.familyId, role: 'owner' },
    ]);
    expect(await store.withSystem('principals', ({ principals }) => principals.live([]))).toEqual([]);
  });
});
