import { randomBytes } from 'node:crypto';
import { type SignedIn, type UserId } from '@berth/protocol';
import { Store } from '@berth/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const tryPassword = (api: ApiClient, email: string, password: string) =>
  api.call('POST', '/v1/auth/login', { body: { email, password }, token: null });
const refresh = (api: ApiClient, cookie: string | undefined, body: object = {}) =>
  api.call('POST', '/v1/auth/refresh', { body, token: null, headers: { cookie: cookie ?? '' } });

async function newLink(userId: UserId, lifetimeSeconds = 600): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await gateway.gateway.app.get(Store).withSystem('sign_in', ({ loginTokens }) => loginTokens.create({ userId, token, lifetimeSeconds }));
  return token;
}

describe('signing in with a password', () => {
  it('answers with a token, the user and the tenants, and sets the refresh cookie out of reach of scripts', async () => {
    const member = await gateway.addMember();
    const api = gateway.client();
    const answer = await tryPassword(api, member.email.toUpperCase(), gateway.password);
    expect(answer.body).toMatchObject({
      user: { id: member.userId, email: member.email },
      tenantId: member.tenantId,
      tenants: [{ id: member.tenantId, role: 'owner' }],
    });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^berth_refresh=/);
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(cookie).toContain(attribute);
    expect(cookie).not.toContain('Domain');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(JSON.stringify(answer.body)).not.toContain(cookie.split(/[=;]/)[1]);
  });

  it('T24 gives the same answer for an unknown address, a wrong password and a user without one', async () => {
    const member = await gateway.addMember();
    const { userId } = await gateway.database.addTenant({ email: 'by-link-only@example.com' });
    expect(userId).toBeDefined();
    const answers = [];
    for (const email of [member.email, 'nobody@example.com', 'by-link-only@example.com']) {
      const { status, body } = await tryPassword(gateway.client(), email, 'wrong password');
      answers.push({ status, ...(body as object), requestId: '' });
    }
    expect(answers[0]).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('is limited for one account, wherever the tries come from, and says when to come back', async () => {
    const { email } = await gateway.addMember();
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await tryPassword(gateway.client(), email, 'wrong password')).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const refused = await tryPassword(gateway.client(), email, gateway.password);
    expect(refused.body).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) as number });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('is limited for one network address, whoever is tried', async () => {
    const api = gateway.client();
    let refused = 0;
    for (let i = 0; i < 110; i++)
      refused += (await tryPassword(api, `nobody-${String(i)}@example.com`, 'wrong password')).status === 429 ? 1 : 0;
    expect(refused).toBeGreaterThanOrEqual(10);
    expect((await tryPassword(gateway.client(), 'nobody@example.com', 'wrong password')).status).toBe(401);
  });

  it('does not work for one who is no member any more', async () => {
    const member = await gateway.addMember();
    await gateway.database.query('UPDATE memberships SET revoked_at = now() WHERE user_id = (SELECT id FROM users WHERE email = $1)', [
      member.email,
    ]);
    expect((await tryPassword(gateway.client(), member.email, gateway.password)).status).toBe(401);
  });
});

describe('signing in with a link', () => {
  const exchange = (token: string) => gateway.client().call('POST', '/v1/auth/link', { body: { token }, token: null });

  it('works once, also when two browsers try at the same moment', async () => {
    const { userId } = await gateway.addMember();
    const token = await newLink(userId);
    const statuses = (await Promise.all([exchange(token), exchange(token), exchange(token)])).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
    expect((await exchange(token)).status).toBe(401);
  });

  it('does not work when it is too old or was never made', async () => {
    const { userId } = await gateway.addMember();
    expect((await exchange(await newLink(userId, -1))).status).toBe(401);
    expect((await exchange(randomBytes(32).toString('base64url'))).body).toMatchObject({ code: 'invalid_credentials' });
  });
});

describe('staying signed in', () => {
  it('exchanges the cookie for the next one', async () => {
    const { api, member } = await gateway.signedIn();
    const first = api.cookie;
    const answer = await refresh(api, first);
    expect(answer.body).toMatchObject({ user: { id: member.userId }, tenantId: member.tenantId });
    api.keepCookie(answer.headers);
    expect(api.cookie).not.toBe(first);
    expect((await api.call('GET', '/v1/me', { token: (answer.body as SignedIn).accessToken })).status).toBe(200);
    expect((await refresh(api, api.cookie)).status).toBe(200);
  });

  it('lets two tabs that race both go on, with the same cookie whichever answer comes last', async () => {
    const { api } = await gateway.signedIn();
    const answers = await Promise.all([refresh(api, api.cookie), refresh(api, api.cookie)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const [one, two] = answers.map(({ headers }) => headers.getSetCookie()[0]?.split(';')[0]);
    expect(one).toMatch(/^berth_refresh=.+/);
    expect(two).toBe(one);
    expect((await refresh(api, one)).status).toBe(200);
  });

  it('answers again when the answer was lost on its way', async () => {
    const { api } = await gateway.signedIn();
    const lost = await refresh(api, api.cookie);
    const again = await refresh(api, api.cookie);
    expect(again.status).toBe(200);
    api.keepCookie(again.headers);
    expect(lost.headers.getSetCookie()[0]).toContain(api.cookie);
    for (let i = 0; i < 3; i++) api.keepCookie((await refresh(api, api.cookie)).headers);
    expect((await refresh(api, api.cookie)).status).toBe(200);
  });

  it('ends everything when an old cookie comes back: one of the two was stolen', async () => {
    const { api, signedIn } = await gateway.signedIn();
    const stolen = api.cookie;
    for (let i = 0; i < 2; i++) api.keepCookie((await refresh(api, api.cookie)).headers);
    expect((await refresh(api, stolen)).status).toBe(401);
    expect((await refresh(api, api.cookie)).status).toBe(401);
    await expect.poll(async () => (await api.call('GET', '/v1/me', { token: signedIn.accessToken })).status, { timeout: 5_000 }).toBe(401);
  });

  it('refuses what was never a cookie of ours', async () => {
    const { api } = await gateway.signedIn();
    const [name = '', value = ''] = api.cookie?.split('=') ?? [];
    const [family = '', secret = ''] = value.split('.');
    const forged = [
      '',
      'berth_refresh=',
      'berth_refresh=x',
      `${name}=${family}.`,
      `${name}=.${secret}`,
      `${name}=${family}.${'A'.repeat(43)}`,
      `${name}=x.${secret}`,
    ];
    // The last tries may look like a theft: they get a sign-in of their own.
    for (const cookie of forged) expect((await refresh(gateway.client(), cookie)).status, cookie).toBe(401);
  });

  it('switches the tenant, and only to one of the user’s own', async () => {
    const { api, member } = await gateway.signedIn();
    const other = await gateway.addMember();
    const before = api.cookie;
    expect((await refresh(api, before, { tenantId: other.tenantId })).body).toMatchObject({ code: 'not_found' });
    await gateway.database.query(
      `INSERT INTO memberships (tenant_id, user_id, role)
       SELECT m.tenant_id, u.id, 'viewer' FROM users u, memberships m JOIN users o ON o.id = m.user_id WHERE u.email = $1 AND o.email = $2`,
      [member.email, other.email],
    );
    const answer = await refresh(api, before, { tenantId: other.tenantId });
    expect(answer.body).toMatchObject({ tenantId: other.tenantId });
    const me = await api.call('GET', '/v1/me', { token: (answer.body as SignedIn).accessToken });
    expect(me.body).toMatchObject({ tenantId: other.tenantId, role: 'viewer' });
  });
});

describe('signing out', () => {
  it('T20 ends the sign-in: the cookie is cleared and cannot be replayed, the token ends within seconds', async () => {
    const { api, signedIn } = await gateway.signedIn();
    const cookie = api.cookie;
    const answer = await api.call('POST', '/v1/auth/logout', { token: null });
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^berth_refresh=;.*Max-Age=0/);
    expect((await refresh(api, cookie)).status).toBe(401);
    await expect.poll(async () => (await api.call('GET', '/v1/me', { token: signedIn.accessToken })).status, { timeout: 5_000 }).toBe(401);
  });

  it('needs the secret of the cookie, not just the name of the sign-in', async () => {
    const { api } = await gateway.signedIn();
    const family = api.cookie?.split('=')[1]?.split('.')[0] ?? '';
    expect((await gateway.client().call('POST', '/v1/auth/logout', { token: null })).status).toBe(204);
    expect(family).toMatch(/^[0-9a-f-]{36}$/);
    expect((await refresh(api, api.cookie)).status).toBe(200);
  });
});

describe('socket tickets', () => {
  it('are handed out for the tenant’s own sessions alone, short-lived and different each time', async () => {
    const { api } = await gateway.signedIn();
    const stranger = await gateway.signedIn();
    const { id } = await api.expect<{ id: string }>('POST', '/v1/sessions', { kind: 'terminal' });
    const first = await api.expect<{ ticket: string; expiresIn: number }>('POST', '/v1/socket-tickets', { sessionId: id });
    const second = await api.expect<{ ticket: string }>('POST', '/v1/socket-tickets');
    expect(first.expiresIn).toBeLessThanOrEqual(30);
    expect(first.ticket).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(second.ticket).not.toBe(first.ticket);
    expect(await stranger.api.problem('POST', '/v1/socket-tickets', { body: { sessionId: id } })).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect((await api.call('GET', '/v1/me', { token: first.ticket })).status).toBe(401);
  });
});

describe('over https', () => {
  it('the cookie has the prefix that ties it to this host, and is sent over https only', async () => {
    const secure = await startTestGateway({ publicOrigin: 'https://berth.example' });
    try {
      const { email } = await secure.addMember();
      const answer = await tryPassword(secure.client(), email, secure.password);
      expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-berth_refresh=.*Secure/);
      expect(answer.headers.get('strict-transport-security')).toMatch(/max-age=/);
    } finally {
      await secure.close();
    }
  });
});

it('no secret of any of this stands in the log', () => {
  expect(gateway.log()).not.toContain(gateway.password);
  expect(gateway.log()).not.toMatch(/eyJ|berth_refresh=/);
});
