import { type MemberRole, type TenantId, type UserId, uuidFromId } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Store, openStore } from '../store.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { testServerUrl } from '../testing/test-server.js';
import type { Trust } from './sign-in-types.js';
import type { SystemRepositories } from './system-repositories.js';

const token = () => crypto.randomUUID();
const address = () => `${crypto.randomUUID()}@example.com`;

describe('members', () => {
  let database: TestDatabase;
  let store: Store;
  let ours: { tenantId: TenantId; userId: UserId };
  let theirs: { tenantId: TenantId; userId: UserId };

  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
    store = openStore(database);
    [ours, theirs] = [await database.addTenant(), await database.addTenant()];
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const members = <T>(work: (repositories: SystemRepositories<'members'>) => Promise<T>) => store.withSystem('members', work);
  const add = async (tenantId: TenantId, email: string, { name, role = 'member' }: { name?: string; role?: MemberRole } = {}) =>
    members((repositories) => repositories.members.add(tenantId, { email, name, role }));
  const added = async (tenantId: TenantId, email = address()) => {
    const member = await add(tenantId, email);
    if (member === undefined) throw new Error('nobody was added');
    return { ...member, userId: member.user.id };
  };
  const family = (tenantId: TenantId, userId: UserId, trust: Partial<Trust> = {}) =>
    store.withSystem('sign_in', ({ refreshFamilies }) =>
      refreshFamilies.create({
        tenantId,
        userId,
        trust: { confined: false, recovery: false, ...trust },
        token: token(),
        lifetimeSeconds: 600,
      }),
    );
  const isLive = async (tenantId: TenantId, userId: UserId, familyId: string) =>
    (await store.withSystem('principals', ({ principals }) => principals.live([{ tenantId, userId, familyId }]))).length === 1;
  const switchTo = (tenantId: TenantId, familyId: string) =>
    store.withSystem('sign_in', ({ refreshFamilies }) => refreshFamilies.switchTenant(familyId, tenantId));
  const link = (userId: UserId, { tenantId, createdBy }: { tenantId?: TenantId; createdBy?: UserId } = {}) => {
    const secret = token();
    return members(async ({ loginTokens }) => {
      await loginTokens.create({ userId, token: secret, lifetimeSeconds: 600, tenantId, createdBy });
      return secret;
    });
  };
  const consume = (secret: string) => store.withSystem('sign_in', ({ loginTokens }) => loginTokens.consume(secret));

  it('answers alike for an address that nobody has and for one of another tenant, and tells nothing of that account', async () => {
    const known = address();
    await database.query(`INSERT INTO users (id, email, name) VALUES (gen_random_uuid(), $1, 'A name elsewhere')`, [known]);
    for (const fields of [{}, { name: 'Given here' }]) {
      const tenant = await database.addTenant();
      const [one, two] = [await add(tenant.tenantId, known.toUpperCase(), fields), await add(tenant.tenantId, address(), fields)];
      const shape = (member: typeof one) => ({ ...member, user: undefined, createdAt: '' });
      expect(shape(one)).toEqual(shape(two));
      expect(one?.user).toMatchObject({ email: known, name: fields.name ?? known.split('@')[0] });
      // Version 4: an id that starts with its time would tell an old account from a new one.
      for (const member of [one, two]) expect(member?.user.id).toMatch(/^usr_[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
      const [listed] = (await store.withTenant(tenant.tenantId, (repositories) => repositories.members.list())).filter(
        ({ user }) => user.email === known,
      );
      expect(listed).toEqual(one);
    }
    expect(await database.query('SELECT name FROM users WHERE email = $1', [known])).toEqual([{ name: 'A name elsewhere' }]);
  });

  it('adds a person once, however many ask at the same moment, and takes a removed one in again', async () => {
    const email = address();
    const answers = await Promise.all(Array.from({ length: 5 }, () => add(ours.tenantId, email, { name: 'Somebody' })));
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
    const [{ id }] = (await database.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email])) as [{ id: string }];
    const userId = `usr_${id.replaceAll('-', '')}` as UserId;
    await members((repositories) => repositories.members.remove(ours.tenantId, userId));
    expect(await store.withTenant(ours.tenantId, (repositories) => repositories.members.find(userId))).toMatchObject({
      revokedAt: expect.any(String) as string,
    });
    expect(await add(ours.tenantId, email, { role: 'viewer' })).toMatchObject({
      user: { name: 'Somebody' },
      role: 'viewer',
      revokedAt: null,
    });
    expect(await store.withTenant(ours.tenantId, (repositories) => repositories.members.roleOf(userId))).toBe('viewer');
  });

  it('touches only the tenant that it is told', async () => {
    const { userId } = await added(ours.tenantId);
    const other = await database.addTenant();
    await database.query(`INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, 'admin')`, [
      uuidFromId(other.tenantId),
      uuidFromId(userId),
    ]);
    const before = await database.query('SELECT * FROM memberships WHERE tenant_id = $1 ORDER BY user_id', [uuidFromId(other.tenantId)]);
    const held = await members((repositories) => repositories.members.hold(ours.tenantId, { actor: theirs.userId, target: other.userId }));
    expect(held).toEqual({ actor: undefined, target: undefined, owners: 1 });
    await members(async (repositories) => {
      await repositories.members.setRole(ours.tenantId, userId, 'viewer');
      await repositories.members.remove(ours.tenantId, userId);
    });
    const after = await database.query('SELECT * FROM memberships WHERE tenant_id = $1 ORDER BY user_id', [uuidFromId(other.tenantId)]);
    expect(after).toEqual(before);
  });

  it('makes two owners who change each other at once take turns', async () => {
    const tenant = await database.addTenant();
    const second = await added(tenant.tenantId);
    await members((repositories) => repositories.members.setRole(tenant.tenantId, second.userId, 'owner'));
    const demote = (actor: UserId, target: UserId) =>
      members(async (repositories) => {
        const held = await repositories.members.hold(tenant.tenantId, { actor, target });
        if (held.actor?.role === 'owner' && held.owners > 1) await repositories.members.setRole(tenant.tenantId, target, 'member');
        return held.owners;
      });
    const owners = await Promise.all([demote(tenant.userId, second.userId), demote(second.userId, tenant.userId)]);
    expect(owners.toSorted((one, other) => one - other)).toEqual([1, 2]);
    expect(
      await database.query(`SELECT role FROM memberships WHERE tenant_id = $1 AND role = 'owner'`, [uuidFromId(tenant.tenantId)]),
    ).toHaveLength(1);
  });

  describe('T19 signing a member out', () => {
    it('ends every sign-in that is older, also one that is elsewhere at the moment, and none that is newer', async () => {
      const { userId } = await added(ours.tenantId);
      await database.query(`INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, 'member')`, [
        uuidFromId(theirs.tenantId),
        uuidFromId(userId),
      ]);
      const [here, elsewhere] = [await family(ours.tenantId, userId), await family(theirs.tenantId, userId)];
      await members((repositories) => repositories.members.signOut(ours.tenantId, userId));
      expect(await isLive(ours.tenantId, userId, here)).toBe(false);
      expect(await isLive(theirs.tenantId, userId, elsewhere)).toBe(true);
      expect(await switchTo(ours.tenantId, elsewhere)).toBe('signed_out');
      const later = await family(ours.tenantId, userId);
      expect(await isLive(ours.tenantId, userId, later)).toBe(true);
      expect(await switchTo(ours.tenantId, await family(theirs.tenantId, userId))).toBe('switched');
    });

    it('voids the links to that tenant and those that the member made, and no other', async () => {
      const { userId } = await added(ours.tenantId);
      await database.query(`INSERT INTO memberships (tenant_id, user_id, role) VALUES ($1, $2, 'member')`, [
        uuidFromId(theirs.tenantId),
        uuidFromId(userId),
      ]);
      const void1 = await link(userId, { tenantId: ours.tenantId, createdBy: ours.userId });
      const void2 = await link(userId, { createdBy: userId });
      const good1 = await link(userId, { tenantId: theirs.tenantId, createdBy: theirs.userId });
      const good2 = await link(userId);
      await members((repositories) => repositories.members.signOut(ours.tenantId, userId));
      expect([await consume(void1), await consume(void2)]).toEqual([undefined, undefined]);
      expect(await consume(good1)).toEqual({ userId, tenantId: theirs.tenantId, createdBy: theirs.userId });
      expect(await consume(good2)).toEqual({ userId, tenantId: null, createdBy: null });
    });

    it('holds for one who was removed and is added again', async () => {
      const email = address();
      const { userId } = await added(ours.tenantId, email);
      const before = await family(ours.tenantId, userId);
      await members((repositories) => repositories.members.remove(ours.tenantId, userId));
      await add(ours.tenantId, email);
      expect(await isLive(ours.tenantId, userId, before)).toBe(false);
    });
  });

  it('a link to a tenant is for members of it', async () => {
    await expect(link(theirs.userId, { tenantId: ours.tenantId })).rejects.toThrow(/foreign key/i);
  });

  it('a change of the password ends the other sign-ins, and the right to change it without knowing it', async () => {
    const { userId } = await added(ours.tenantId);
    const [kept, other] = [await family(ours.tenantId, userId, { recovery: true }), await family(ours.tenantId, userId)];
    const stranger = await family(ours.tenantId, ours.userId);
    await store.withSystem('sign_in', ({ refreshFamilies }) => refreshFamilies.keepOnly(kept, userId));
    expect([await isLive(ours.tenantId, userId, kept), await isLive(ours.tenantId, userId, other)]).toEqual([true, false]);
    expect(await isLive(ours.tenantId, ours.userId, stranger)).toBe(true);
    expect(await store.withSystem('sign_in', ({ refreshFamilies }) => refreshFamilies.trustOf(kept))).toEqual({
      confined: false,
      recovery: false,
    });
  });
});
