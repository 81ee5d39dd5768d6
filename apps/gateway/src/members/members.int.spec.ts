import type { InvitedMember, Me, Member, MemberRole, SignedIn } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { addedMember, signInByLink } from '../testing/invited.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const list = async (api: ApiClient) => (await api.expect<{ items: Member[] }>('GET', '/v1/members')).items;
const change = (api: ApiClient, id: string, role: MemberRole) => api.call('PATCH', `/v1/members/${id}`, { body: { role } });
const remove = (api: ApiClient, id: string) => api.call('DELETE', `/v1/members/${id}`);

/** A tenant with one member of each role, signed in. */
async function team() {
  const { api: owner, member } = await gateway.signedIn();
  const joined = async (role: MemberRole) => {
    const { invited, email } = await addedMember(owner, { role });
    return { ...(await signInByLink(gateway, invited.link)), id: invited.member.user.id, email };
  };
  return { owner, ownerId: member.userId, admin: await joined('admin'), member: await joined('member'), viewer: await joined('viewer') };
}

describe('adding a member', () => {
  it('answers with a link that works once and signs in to this tenant', async () => {
    const { api: owner, member: by } = await gateway.signedIn();
    const invited = await owner.expect<InvitedMember>('POST', '/v1/members', { email: 'Second@Example.com', name: ' Second member ' });
    expect(invited.member).toMatchObject({
      ...{ user: { email: 'second@example.com', name: 'Second member' }, role: 'member', revokedAt: null },
    });
    expect(invited.link.url).toMatch(new RegExp(`^${gateway.origin}/login#token=[A-Za-z0-9_-]{43}$`));
    expect(Date.parse(invited.link.expiresAt)).toBeGreaterThan(Date.now() + 6 * 24 * 3_600_000);
    const { api, signedIn } = await signInByLink(gateway, invited.link);
    expect(signedIn).toMatchObject({ user: invited.member.user, tenantId: by.tenantId, tenants: [{ id: by.tenantId, role: 'member' }] });
    expect(await api.expect('GET', '/v1/me')).toMatchObject({ user: { name: 'Second member' }, role: 'member', hasPassword: false });
    await expect(signInByLink(gateway, invited.link)).rejects.toThrow('401');
    expect((await list(api)).map(({ user }) => user.email)).toEqual([by.email, 'second@example.com']);
    expect(gateway.log()).not.toContain(invited.link.url.split('=')[1]);
  });

  it('twice is a conflict; one who was removed is taken in again', async () => {
    const { api: owner } = await gateway.signedIn();
    const { invited, email } = await addedMember(owner);
    const again = { body: { email: email.toUpperCase(), role: 'viewer' } };
    expect(await owner.problem('POST', '/v1/members', again)).toMatchObject({ status: 409, code: 'conflict' });
    expect((await remove(owner, invited.member.user.id)).status).toBe(204);
    expect((await list(owner)).find(({ user }) => user.email === email)).toMatchObject({ revokedAt: expect.any(String) as string });
    expect((await owner.call('POST', '/v1/members', again)).body).toMatchObject({ member: { role: 'viewer', revokedAt: null } });
  });

  it('is limited, so that nobody fills the table of accounts', async () => {
    const { api: owner, member } = await gateway.signedIn();
    const statuses = new Set<number>();
    for (let i = 0; i < 105; i++)
      statuses.add((await owner.call('POST', '/v1/members', { body: { email: `guest-${String(i)}-${member.email}` } })).status);
    expect([...statuses]).toEqual([201, 429]);
  });
});

describe('who may change whom', () => {
  it('viewers and members change nobody, not even by an id that never was', async () => {
    const { member, viewer, admin } = await team();
    for (const { api } of [member, viewer]) {
      for (const id of [admin.id, `usr_${'0'.repeat(32)}`]) {
        const refused: [method: string, path: string, body?: object][] = [
          ['POST', '/v1/members', { email: 'x@example.com' }],
          ['PATCH', `/v1/members/${id}`, { role: 'viewer' }],
          ['DELETE', `/v1/members/${id}`],
          ['POST', `/v1/members/${id}/reset`],
          ['POST', `/v1/members/${id}/sign-out`],
          ['PUT', '/v1/model-settings', { provider: 'scripted' }],
          ['DELETE', '/v1/model-settings'],
        ];
        for (const [method, path, body] of refused)
          expect(await api.problem(method, path, body ? { body } : {}), `${method} ${path}`).toMatchObject({
            status: 403,
            code: 'forbidden',
          });
      }
      for (const path of ['/v1/members', '/v1/model-settings', '/v1/usage', '/v1/workspace-roots'])
        expect((await api.call('GET', path)).status, path).toBe(200);
    }
  });

  it('admins change everybody but owners, and make none', async () => {
    const { owner, ownerId, admin, member, viewer } = await team();
    const untouchable: [method: string, path: string, body?: object][] = [
      ['PATCH', `/v1/members/${ownerId}`, { role: 'member' }],
      ['DELETE', `/v1/members/${ownerId}`],
      ['POST', `/v1/members/${ownerId}/reset`],
      ['POST', `/v1/members/${ownerId}/sign-out`],
      ['PATCH', `/v1/members/${member.id}`, { role: 'owner' }],
      ['PATCH', `/v1/members/${admin.id}`, { role: 'owner' }],
      ['POST', '/v1/members', { email: 'x@example.com', role: 'owner' }],
    ];
    for (const [method, path, body] of untouchable)
      expect(await admin.api.problem(method, path, body ? { body } : {}), `${method} ${path}`).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
    expect((await owner.call('GET', '/v1/me')).status).toBe(200);
    expect((await change(admin.api, viewer.id, 'member')).body).toMatchObject({ role: 'member' });
    expect((await change(admin.api, member.id, 'admin')).body).toMatchObject({ role: 'admin' });
    expect((await remove(admin.api, viewer.id)).status).toBe(204);
    for (const method of ['PATCH', 'DELETE'])
      expect((await admin.api.call(method, `/v1/members/${viewer.id}`, { body: { role: 'member' } })).status).toBe(
        method === 'PATCH' ? 409 : 404,
      );
  });

  it('the last owner stays, and stays one', async () => {
    const { owner, ownerId, member } = await team();
    for (const answer of [await remove(owner, ownerId), await change(owner, ownerId, 'admin')])
      expect(answer.body).toMatchObject({ status: 409, code: 'conflict', detail: expect.stringContaining('owner') as string });
    expect((await change(owner, ownerId, 'owner')).status).toBe(200);
    expect((await change(owner, member.id, 'owner')).status).toBe(200);
    expect((await change(owner, ownerId, 'viewer')).status).toBe(200);
  });

  it('of two owners who demote each other at the same moment one is left', async () => {
    for (let round = 0; round < 5; round++) {
      const { owner, ownerId, member } = await team();
      await change(owner, member.id, 'owner');
      await Promise.all([change(owner, member.id, 'viewer'), change(member.api, ownerId, 'viewer')]);
      const owners = (await list(owner)).filter(({ role }) => role === 'owner');
      expect(owners).toHaveLength(1);
    }
  });

  it('an admin who was demoted a moment ago does not slip through: the row decides, not what was remembered', async () => {
    const { owner, admin, viewer } = await team();
    await admin.api.call('GET', '/v1/me');
    await gateway.database.query(`UPDATE memberships SET role = 'member' WHERE user_id = $1::uuid`, [admin.id.slice(4)]);
    expect((await change(admin.api, viewer.id, 'admin')).status).toBe(403);
    expect(await list(owner)).toEqual(expect.arrayContaining([expect.objectContaining({ role: 'viewer' })]));
  });

  it('people of another tenant, and people who never were, are alike unknown', async () => {
    const { owner } = await team();
    const stranger = await gateway.addMember();
    for (const [method, path] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/reset'],
      ['POST', '/sign-out'],
    ] as const) {
      const told = async (id: string) => ({
        ...(await owner.problem(method, `/v1/members/${id}${path}`, { body: { role: 'owner' } })),
        requestId: '',
      });
      const unknown = await told(`usr_${'0'.repeat(32)}`);
      expect(unknown).toMatchObject({ status: 404, code: 'not_found' });
      expect(await told(stranger.userId)).toEqual(unknown);
    }
  });
});

describe('T19 ending a member’s sign-ins', () => {
  const stillIn = async (api: ApiClient) => (await api.call('GET', '/v1/me')).status === 200;
  const refresh = (api: ApiClient) => api.call('POST', '/v1/auth/refresh', { token: null, body: {} });

  it.each(['DELETE', 'sign-out', 'reset'])('by %s: tokens end within seconds, cookies and unused links at once', async (how) => {
    const { owner, member } = await team();
    const phone = (await member.api.expect<{ url: string }>('POST', '/v1/auth/links')) as InvitedMember['link'];
    const answer = await owner.call(how === 'DELETE' ? 'DELETE' : 'POST', `/v1/members/${member.id}${how === 'DELETE' ? '' : `/${how}`}`);
    expect(answer.status).toBe(how === 'reset' ? 201 : 204);
    expect((await refresh(member.api)).status).toBe(401);
    await expect(signInByLink(gateway, phone)).rejects.toThrow('401');
    await expect.poll(() => stillIn(member.api), { timeout: 5_000 }).toBe(false);
    if (how !== 'reset') return;
    const { link } = answer.body as InvitedMember;
    const { api } = await signInByLink(gateway, link);
    expect(await api.expect<Me>('GET', '/v1/me')).toMatchObject({ role: 'member' });
  });

  it.each(['DELETE', 'sign-out', 'reset', 'PATCH'])('by %s: links that an admin made for others are no way back', async (how) => {
    const { owner, admin, member } = await team();
    const kept = (await admin.api.expect<InvitedMember>('POST', `/v1/members/${member.id}/reset`)).link;
    const { invited: byOwner } = await addedMember(owner);
    const path = `/v1/members/${admin.id}${how === 'DELETE' || how === 'PATCH' ? '' : `/${how}`}`;
    const answer = await owner.call(
      how === 'DELETE' || how === 'PATCH' ? how : 'POST',
      path,
      how === 'PATCH' ? { body: { role: 'member' } } : {},
    );
    expect(answer.status).toBeLessThan(300);
    await expect(signInByLink(gateway, kept)).rejects.toThrow('401');
    await signInByLink(gateway, byOwner.link);
  });

  it('a member who was removed and added again has to sign in again', async () => {
    const { owner, member } = await team();
    await remove(owner, member.id);
    const { link } = await owner.expect<InvitedMember>('POST', '/v1/members', { email: member.email });
    expect((await refresh(member.api)).status).toBe(401);
    const { signedIn }: { signedIn: SignedIn } = await signInByLink(gateway, link);
    expect(signedIn.user.id).toBe(member.id);
  });
});
