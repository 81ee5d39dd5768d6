import { randomUUID } from 'node:crypto';
import type { InvitedMember, LoginLink, Me, SignedIn } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { addedMember, signInByLink } from '../testing/invited.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';

/** Whoever runs a tenant can add any address to it and use the link himself. What he gets must be worth nothing outside of his tenant. */
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const me = (api: ApiClient): Promise<Me> => api.expect('GET', '/v1/me');
const refresh = (api: ApiClient, body: object = {}) => api.call('POST', '/v1/auth/refresh', { token: null, body });
const setPassword = (api: ApiClient, password: string) => api.call('POST', '/v1/me/password', { body: { password } });
const login = (email: string, password: string) =>
  gateway.client().call('POST', '/v1/auth/login', { body: { email, password }, token: null });

/** A victim with a tenant and a password, and an attacker who has added the victim's address to his own tenant and used the link. */
async function attack() {
  const victim = await gateway.signedIn();
  const attacker = await gateway.signedIn();
  const invited = await attacker.api.expect<InvitedMember>('POST', '/v1/members', { email: victim.member.email, role: 'admin' });
  return { victim, attacker, invited, inside: await signInByLink(gateway, invited.link) };
}

describe('an admin who adds somebody of another tenant and uses the link', () => {
  it('sees his own tenant alone', async () => {
    const { victim, attacker, inside } = await attack();
    const own = [{ id: attacker.member.tenantId, name: expect.any(String) as string, role: 'admin' }];
    expect(inside.signedIn).toMatchObject({ tenantId: attacker.member.tenantId, tenants: own });
    expect((await me(inside.api)).tenants).toEqual(own);
    const answer = await refresh(inside.api);
    expect((answer.body as SignedIn).tenants).toEqual(own);
    expect(JSON.stringify([inside.signedIn, await me(inside.api), answer.body])).not.toContain(victim.member.tenantId);
  });

  it('cannot enter the other, and is told no more than of one that never was', async () => {
    const { victim, inside } = await attack();
    const told = async (tenantId: string) => ({ ...((await refresh(inside.api, { tenantId })).body as object), requestId: '' });
    const unknown = await told(`ten_${'0'.repeat(32)}`);
    expect(unknown).toMatchObject({ status: 404, code: 'not_found' });
    expect(await told(victim.member.tenantId)).toEqual(unknown);
    expect((await refresh(inside.api)).status).toBe(200);
  });

  it('cannot set the password, nor learn whether there is one', async () => {
    const { victim, inside } = await attack();
    expect((await setPassword(inside.api, 'the attacker’s own')).body).toMatchObject({ status: 403, code: 'forbidden' });
    const known = { password: 'the attacker’s own', currentPassword: gateway.password };
    expect((await inside.api.call('POST', '/v1/me/password', { body: known })).status).toBe(403);
    expect(await me(inside.api)).toMatchObject({ hasPassword: false });
    expect((await login(victim.member.email, 'the attacker’s own')).status).toBe(401);
    expect((await login(victim.member.email, gateway.password)).status).toBe(200);
  });

  it('cannot make a link that opens more', async () => {
    const { victim, attacker, inside } = await attack();
    let link = await inside.api.expect<LoginLink>('POST', '/v1/auth/links');
    for (let hop = 0; hop < 3; hop++) {
      const { api, signedIn } = await signInByLink(gateway, link);
      expect(signedIn.tenants.map(({ id }) => id)).toEqual([attacker.member.tenantId]);
      expect((await refresh(api, { tenantId: victim.member.tenantId })).status).toBe(404);
      expect((await setPassword(api, 'the attacker’s own')).status).toBe(403);
      link = await api.expect<LoginLink>('POST', '/v1/auth/links');
    }
  });

  it('cannot rename the person elsewhere', async () => {
    const { victim, inside } = await attack();
    const before = (await me(victim.api)).user.name;
    expect(await inside.api.expect('PATCH', '/v1/me', { name: 'A fool' })).toMatchObject({ user: { name: 'A fool' } });
    expect((await me(victim.api)).user.name).toBe(before);
    const { items } = await victim.api.expect<{ items: { user: { name: string } }[] }>('GET', '/v1/members');
    expect(JSON.stringify(items)).not.toContain('A fool');
  });

  it('cannot end the person’s sign-ins elsewhere', async () => {
    const { victim, attacker, invited } = await attack();
    for (const path of ['/sign-out', '/reset']) await attacker.api.expect('POST', `/v1/members/${invited.member.user.id}${path}`);
    await attacker.api.expect('DELETE', `/v1/members/${invited.member.user.id}`);
    expect((await refresh(victim.api)).status).toBe(200);
    expect(await me(victim.api)).toMatchObject({ tenantId: victim.member.tenantId });
  });
});

describe('an account that was made ready before its owner came', () => {
  /** Adds an address that nobody has, sets a password by its link, and waits. */
  async function prepared() {
    const attacker = await gateway.signedIn();
    const { invited, email } = await addedMember(attacker.api);
    const inside = await signInByLink(gateway, invited.link);
    expect((await setPassword(inside.api, 'the attacker’s own')).status).toBe(204);
    return { attacker, email, inside };
  }

  it('opens nothing of a tenant that adds the same address later', async () => {
    const { attacker, email, inside } = await prepared();
    const real = await gateway.signedIn();
    const { invited } = await addedMember(real.api, { email });
    await signInByLink(gateway, invited.link);

    const answer = (await login(email, 'the attacker’s own')).body as SignedIn;
    expect(answer).toMatchObject({ tenantId: attacker.member.tenantId, tenants: [{ id: attacker.member.tenantId }] });
    const returning = gateway.client();
    await returning.signIn({ email, password: 'the attacker’s own' });
    for (const api of [inside.api, returning]) {
      expect((await refresh(api, { tenantId: real.member.tenantId })).status).toBe(404);
      expect((await me(api)).tenants.map(({ id }) => id)).toEqual([attacker.member.tenantId]);
      expect((await setPassword(api, 'another one')).status).toBe(403);
    }
    const link = await returning.expect<LoginLink>('POST', '/v1/auth/links');
    expect((await signInByLink(gateway, link)).signedIn.tenants.map(({ id }) => id)).toEqual([attacker.member.tenantId]);
  });

  it('opens nothing at all once its first tenant is left, and its owner then chooses a password', async () => {
    const { attacker, email, inside } = await prepared();
    const real = await gateway.signedIn();
    const { invited } = await addedMember(real.api, { email });
    const owner = await signInByLink(gateway, invited.link);
    expect((await setPassword(owner.api, 'the owner’s own')).status).toBe(403);
    const self = (await me(inside.api)).user.id;
    await attacker.api.expect('DELETE', `/v1/members/${self}`);
    expect((await login(email, 'the attacker’s own')).status).toBe(401);
    expect((await me(owner.api)).hasPassword).toBe(false);
    expect((await setPassword(owner.api, 'the owner’s own')).status).toBe(204);
    expect((await login(email, 'the owner’s own')).body).toMatchObject({ tenantId: real.member.tenantId });
    expect((await login(email, 'the attacker’s own')).status).toBe(401);
  });
});

describe('T58 adding an address', () => {
  const shapeOf = ({ member, link }: InvitedMember, email: string) => ({
    member: {
      ...member,
      user: {
        ...member.user,
        id: member.user.id.replaceAll(/[0-9a-f]/g, 'x'),
        email: member.user.email.replace(email.split('@')[0] ?? '', 'x'),
      },
      createdAt: '',
    },
    link: link.url.replace(/=.*/, ''),
  });

  it('gives the same answer whether or not it is known, with a name and without', async () => {
    for (const name of [undefined, 'Given here']) {
      const attacker = await gateway.signedIn();
      const known = await gateway.addMember();
      const unknown = `${randomUUID()}@example.com`;
      const answers = [];
      for (const email of [known.email, unknown]) {
        const added = await attacker.api.call('POST', '/v1/members', { body: { email, ...(name === undefined ? {} : { name }) } });
        expect(added.status).toBe(201);
        const invited = added.body as InvitedMember;
        expect(invited.member.user.name).toBe(name ?? email.split('@')[0]);
        const inside = await signInByLink(gateway, invited.link);
        const seen = { ...(await me(inside.api)), user: { ...inside.signedIn.user, id: '', email: '', name: '' } };
        answers.push({
          ...shapeOf({ ...invited, member: { ...invited.member, user: { ...invited.member.user, name: '' } } }, email),
          seen,
        });
      }
      expect(answers[0]).toEqual(answers[1]);
    }
  });
});
