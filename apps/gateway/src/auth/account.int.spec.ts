import type { LoginLink, Me } from '@berth/protocol';
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

const setPassword = (api: ApiClient, password: string, currentPassword?: string) =>
  api.call('POST', '/v1/me/password', { body: { password, ...(currentPassword === undefined ? {} : { currentPassword }) } });
const refresh = (api: ApiClient) => api.call('POST', '/v1/auth/refresh', { token: null, body: {} });
const login = (email: string, password: string) =>
  gateway.client().call('POST', '/v1/auth/login', { body: { email, password }, token: null });

describe('the name', () => {
  it('that others see is one’s own to choose, for viewers too', async () => {
    const { api: owner } = await gateway.signedIn();
    const { invited } = await addedMember(owner, { role: 'viewer' });
    const { api } = await signInByLink(gateway, invited.link);
    expect(await api.expect('PATCH', '/v1/me', { name: ' Ünïcode ✓ ' })).toMatchObject({ user: { name: 'Ünïcode ✓' }, role: 'viewer' });
    const { items } = await owner.expect<{ items: { user: { name: string } }[] }>('GET', '/v1/members');
    expect(items.map(({ user }) => user.name)).toContain('Ünïcode ✓');
    expect(await owner.expect('PATCH', '/v1/me', { name: 'Somebody' })).toMatchObject({ user: { name: 'Somebody' } });
  });
});

describe('the password', () => {
  it('is changed by who knows it, and ends every other sign-in of the account', async () => {
    const { api, member } = await gateway.signedIn();
    const [elsewhere, asMany] = [gateway.client(), gateway.client()];
    for (const each of [elsewhere, asMany]) await each.signIn({ email: member.email, password: gateway.password });
    const stranger = await gateway.signedIn();
    expect((await setPassword(api, 'a new password', gateway.password)).status).toBe(204);
    expect((await login(member.email, gateway.password)).status).toBe(401);
    expect((await login(member.email, 'a new password')).status).toBe(200);
    for (const each of [elsewhere, asMany]) expect((await refresh(each)).status).toBe(401);
    for (const each of [api, stranger.api]) expect((await refresh(each)).status).toBe(200);
    await expect.poll(async () => (await elsewhere.call('GET', '/v1/me')).status, { timeout: 5_000 }).toBe(401);
    expect(gateway.log()).not.toContain('a new password');
  });

  it('is not changed from a browser that was left open', async () => {
    const { api, member } = await gateway.signedIn();
    for (const guess of [undefined, 'a wrong password']) {
      expect((await setPassword(api, 'a new password', guess)).body).toMatchObject({ status: 401, code: 'invalid_credentials' });
    }
    expect((await login(member.email, gateway.password)).status).toBe(200);
  });

  it('is not changed by way of a link that such a browser makes either', async () => {
    const { api, member } = await gateway.signedIn();
    const { api: phone } = await signInByLink(gateway, await api.expect<LoginLink>('POST', '/v1/auth/links'));
    expect((await setPassword(phone, 'a new password')).status).toBe(401);
    expect((await setPassword(phone, 'a new password', gateway.password)).status).toBe(204);
    expect((await login(member.email, 'a new password')).status).toBe(200);
  });

  it('cannot be guessed there, as little as at sign-in', async () => {
    const { api } = await gateway.signedIn();
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await setPassword(api, 'a new password', 'a wrong password')).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });

  it('is chosen without knowing it by who came with a link of an admin, once', async () => {
    const { api: owner } = await gateway.signedIn();
    const { invited, email } = await addedMember(owner);
    const { api } = await signInByLink(gateway, invited.link);
    expect((await setPassword(api, 'a first password')).status).toBe(204);
    expect(await api.expect<Me>('GET', '/v1/me')).toMatchObject({ hasPassword: true });
    expect((await setPassword(api, 'a second password')).status).toBe(401);
    expect((await login(email, 'a first password')).status).toBe(200);
    const reset = await owner.expect<{ link: LoginLink }>('POST', `/v1/members/${invited.member.user.id}/reset`);
    const { api: again } = await signInByLink(gateway, reset.link);
    expect((await setPassword(again, 'a third password')).status).toBe(204);
    expect((await login(email, 'a third password')).status).toBe(200);
  });
});

describe('a link for another device', () => {
  it('signs in once, for ten minutes, as the same person', async () => {
    const { api, member } = await gateway.signedIn();
    const answer = await api.call('POST', '/v1/auth/links');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const link = answer.body as LoginLink;
    expect(link.url).toMatch(new RegExp(`^${gateway.origin}/login#token=[A-Za-z0-9_-]{43}$`));
    const lasts = Date.parse(link.expiresAt) - Date.now();
    expect(lasts).toBeGreaterThan(9 * 60_000);
    expect(lasts).toBeLessThan(11 * 60_000);
    expect((await signInByLink(gateway, link)).signedIn).toMatchObject({ user: { id: member.userId }, tenantId: member.tenantId });
    await expect(signInByLink(gateway, link)).rejects.toThrow('401');
    expect(gateway.log()).not.toContain(link.url.split('=')[1]);
  });

  it('that was not used ends with a change of the password', async () => {
    const { api } = await gateway.signedIn();
    const link = await api.expect<LoginLink>('POST', '/v1/auth/links');
    await setPassword(api, 'a new password', gateway.password);
    await expect(signInByLink(gateway, link)).rejects.toThrow('401');
  });
});
