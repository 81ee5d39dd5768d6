import { routes } from '@berth/protocol';
import type { SessionView } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { rawRequest } from '../testing/raw-request.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';

let gateway: TestGateway;
let api: ApiClient;
let token: string;
let session: SessionView;

beforeAll(async () => {
  gateway = await startTestGateway();
  const owner = await gateway.signedIn();
  api = owner.api;
  token = owner.signedIn.accessToken;
  session = await api.expect('POST', '/v1/sessions', { kind: 'terminal', title: 'mine' });
});
afterAll(() => gateway.close());

const EVIL_ORIGINS = ['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://127.0.0.1.evil.example', 'file://', ''];
const concrete = (path: string): string => path.replace('{sessionId}', session.id).replace('{userId}', `usr_${'0'.repeat(32)}`);

describe('T7 JSON that reaches for the prototype', () => {
  it.each([
    '{"title":"x","__proto__":{"isAdmin":true}}',
    '{"title":"x","constructor":{"prototype":{"isAdmin":true}}}',
    '{"__proto__":{"title":"x"}}',
  ])('%s is refused and changes nothing', async (body) => {
    for (const [method, path] of [
      ['PATCH', '/v1/me'],
      ['POST', '/v1/members'],
      ['PUT', '/v1/model-settings'],
    ] as const)
      expect(await api.problem(method, path, { body }), path).toMatchObject({ status: 422 });
    expect(await api.problem('PATCH', `/v1/sessions/${session.id}`, { body })).toMatchObject({ status: 422 });
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
    expect(await api.expect('GET', `/v1/sessions/${session.id}`)).toMatchObject({ title: 'mine' });
  });
});

describe('T8 fields that are not the caller’s to set', () => {
  it.each([
    ['PATCH', '/v1/me', { name: 'x' }, ['role', 'tenantId', 'email', 'id', 'passwordHash', 'confined']],
    ['POST', '/v1/me/password', { password: 'a good password' }, ['userId', 'tenantId', 'recovery']],
    ['POST', '/v1/members', { email: 'a@example.com' }, ['tenantId', 'id', 'passwordHash', 'confined', 'revokedAt']],
    ['PUT', '/v1/model-settings', { provider: 'scripted' }, ['tenantId', 'source', 'keyHint', 'updatedBy', 'apiKey']],
    ['POST', '/v1/sessions', { kind: 'terminal' }, ['tenantId', 'createdBy', 'epoch', 'hostId', 'modelProvider', 'program']],
  ] as const)('%s %s takes none', async (method, path, good, names) => {
    for (const name of names) {
      const problem = await api.problem(method, path, { body: { ...good, [name]: 'x' } });
      expect(problem, name).toMatchObject({ status: 422, code: 'invalid_request', issues: [{ path: name }] });
    }
  });

  it.each(['tenantId', 'role', 'leaseEpoch', 'epoch', 'status', 'createdBy', 'id'])('%s is refused by name', async (name) => {
    const problem = await api.problem('PATCH', `/v1/sessions/${session.id}`, { body: { title: 'x', [name]: 'owner' } });
    expect(problem).toMatchObject({ status: 422, code: 'invalid_request', issues: [{ path: name }] });
  });
});

describe('T9 credentials in the address', () => {
  it.each(['access_token', 'token', 'authorization', 'key', 'api_key', 'apikey', 'ticket', 'jwt', 'ACCESS_TOKEN'])(
    '?%s= is refused, even beside a good header',
    async (name) => {
      expect((await api.call('GET', `/v1/me?${name}=${token}`, { token: null })).status).toBe(401);
      expect((await api.call('GET', `/v1/me?${name}=${token}`)).status).toBe(401);
      expect(
        (await api.call('POST', `/v1/auth/login?${name}=${token}`, { body: { email: 'a@example.com', password: 'x' }, token: null }))
          .status,
      ).toBe(401);
      expect(gateway.log()).not.toContain(token);
    },
  );
});

describe('T10 without credentials', () => {
  it.each(Object.entries(routes))('%s answers only when it is meant to', async (_name, route) => {
    const anonymous = gateway.client();
    const body = 'body' in route ? { body: {} } : {};
    const answer = await anonymous.call(route.method, concrete(route.path), body);
    if (route.auth === 'bearer') expect(answer.status).toBe(401);
    if (route.auth === 'none') expect(answer.status).toBe(422);
    if (route.auth === 'cookie') expect([204, 401]).toContain(answer.status);
    const echoed = await anonymous.call(route.method, concrete(route.path), {
      ...body,
      token: 'canary-77',
      headers: { cookie: 'berth_refresh=canary-77.canary-77' },
    });
    expect(JSON.stringify([echoed.body, [...echoed.headers]])).not.toContain('canary-77');
  });

  it.each(['/health', '/ready', '/openapi.json', '/docs'])('%s is open', async (path) => {
    expect((await fetch(`${gateway.origin}${path}`)).status).toBe(200);
  });

  it.each([
    '/metrics',
    '/.env',
    '/v1',
    '/v1/',
    '/v1/users',
    '/docs-json',
    '/api',
    '/assets/../env.js',
    '/%2e%2e/package.json',
    '//evil.example/',
  ])('%s is nothing', async (path) => {
    const answer = await rawRequest(gateway.origin, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain('application/problem+json');
  });
});

it('T10 the control socket’s address gives nothing to who does not open a socket', async () => {
  for (const path of ['/socket.io', '/socket.io/', '/socket.io/?EIO=4&transport=polling', '/socket.io/socket.io.js'])
    expect(await api.problem('GET', path, { token: null }), path).toMatchObject({ status: 426, code: 'upgrade_required' });
});

describe('T12 pages elsewhere', () => {
  it.each(EVIL_ORIGINS)('%s may read nothing', async (origin) => {
    const preflight = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' };
    for (const path of ['/v1/sessions', '/v1/auth/login', '/v1/auth/refresh', '/openapi.json', '/health']) {
      const asked = await fetch(`${gateway.origin}${path}`, { method: 'OPTIONS', headers: preflight });
      const read = await fetch(`${gateway.origin}${path}`, { headers: { origin } });
      for (const answer of [asked, read]) {
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      }
    }
  });
});

describe('T14 addresses that start or end something', () => {
  it.each([
    ['/v1/auth/login', 'POST'],
    ['/v1/auth/logout', 'POST'],
    ['/v1/sessions/{sessionId}/close', 'POST'],
    ['/v1/sessions/{sessionId}/wake', 'POST'],
    ['/v1/socket-tickets', 'POST'],
    ['/v1/auth/links', 'POST'],
    ['/v1/me/password', 'POST'],
    ['/v1/members/{userId}/reset', 'POST'],
    ['/v1/members/{userId}/sign-out', 'POST'],
  ])('GET %s does nothing and says how', async (path, allowed) => {
    for (const method of ['GET', 'PUT']) {
      const answer = await api.call(method, concrete(path));
      expect(answer.body).toMatchObject({ status: 405, code: 'method_not_allowed' });
      expect(answer.headers.get('allow')).toContain(allowed);
    }
    expect((await fetch(`${gateway.origin}${concrete(path)}`, { method: 'HEAD' })).status).toBe(405);
  });

  it('a method in a header or a query does not count', async () => {
    const answer = await api.call('GET', `/v1/sessions/${session.id}?_method=DELETE`, { headers: { 'x-http-method-override': 'DELETE' } });
    expect(answer.status).toBe(200);
  });
});

describe('T25 requests from pages elsewhere', () => {
  it.each(EVIL_ORIGINS)('%s may change nothing with our cookie', async (origin) => {
    const { api: victim } = await gateway.signedIn();
    const before = victim.cookie;
    for (const path of ['/v1/auth/refresh', '/v1/auth/logout']) {
      expect(await victim.problem('POST', path, { token: null, headers: { origin } })).toMatchObject({
        status: 403,
        code: 'origin_forbidden',
      });
    }
    expect(
      (await victim.call('POST', '/v1/auth/refresh', { token: null, body: {}, headers: { cookie: before ?? '', origin: gateway.origin } }))
        .status,
    ).toBe(200);
  });

  it('forms cannot be read as JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const problem = await api.problem('POST', '/v1/auth/refresh', { body: '{}', headers: { 'content-type': type } });
      expect(problem, type).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    }
  });
});

describe('T35 X-Forwarded-For', () => {
  const tries = async (at: TestGateway, header: (i: number) => string): Promise<number[]> => {
    const statuses: number[] = [];
    for (let i = 0; i < 110; i++) {
      const answer = await fetch(`${at.origin}/v1/auth/link`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': header(i) },
        body: JSON.stringify({ token: 'x'.repeat(43) }),
      });
      statuses.push(answer.status);
    }
    return statuses;
  };

  it('changes nothing when nobody is trusted', async () => {
    // From ::1, so that this spec does not use up what the others have.
    const untrusting = await startTestGateway({ trustedProxies: [] });
    try {
      expect(await tries(untrusting, (i) => `203.0.113.${String(i)}`)).toContain(429);
    } finally {
      await untrusting.close();
    }
  });

  it('is believed from a trusted hop, and only what that hop has seen', async () => {
    expect(await tries(gateway, (i) => `203.0.113.${String(i)}`)).not.toContain(429);
    expect(await tries(gateway, (i) => `203.0.113.${String(i)}, 192.0.2.99`)).toContain(429);
  });
});

describe('T36 requests that two readers would cut differently', () => {
  const post = 'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  it.each([
    [
      'a length and chunks',
      `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n`,
    ],
    ['two lengths', `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}`],
    ['chunks that are not last', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a disguised header', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['bare line feeds in chunks', `${post}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`],
    ['a folded header', `${post}X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}`],
  ])('%s: 400 and the connection is closed', async (_what, text) => {
    const answer = await rawRequest(gateway.origin, text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
  });
});

describe('T65 errors', () => {
  it('tell no path, no statement, no stack, and echo nothing', async () => {
    const answers = [
      await api.problem('GET', '/v1/sessions/ses_zz'),
      await api.problem('GET', `/v1/sessions/${encodeURIComponent("ses_'; DROP TABLE sessions --")}`),
      await api.problem('GET', '/v1/sessions/%00'),
      await api.problem('GET', '/v1/sessions/%ff%fe'),
      await api.problem('GET', '/v1/canary'),
      await api.problem('GET', '/v1/sessions?cursor=canary%20canary'),
      await api.problem('POST', '/v1/sessions', { body: '{"canary":' }),
      await api.problem('POST', '/v1/sessions', { body: '"canary"' }),
      await api.problem('POST', '/v1/sessions', { body: '[]' }),
      await api.problem('POST', '/v1/sessions', { body: `{"kind":"${'canary'.repeat(200_000)}"}` }),
      await api.problem('POST', '/v1/sessions', { body: '{}', headers: { 'content-encoding': 'canary' } }),
      await api.problem('DELETE', `/v1/sessions/${session.id}`),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeLessThan(500);
      expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(JSON.stringify(answer)).not.toMatch(/\bat \w+ \(|node_modules|\.[jt]s:|SELECT|DROP|prisma|canary|Unexpected/i);
    }
  });

  it('have the codes that they should have', async () => {
    expect(await api.problem('POST', '/v1/sessions', { body: '{"kind":' })).toMatchObject({ status: 400, code: 'malformed_request' });
    expect(await api.problem('POST', '/v1/sessions', { body: `{"kind":"${'x'.repeat(1024 * 1024)}"}` })).toMatchObject({
      status: 413,
      code: 'payload_too_large',
    });
    expect(await api.problem('GET', '/v1/sessions/%ff%fe')).toMatchObject({ status: 404, code: 'not_found' });
    expect(await api.problem('GET', `/v1/sessions/${session.id}/bytes`)).toMatchObject({ status: 426, code: 'upgrade_required' });
    expect(await api.problem('POST', '/v1/nothing')).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('that nobody expected are answered without a detail and logged with the same request id', async () => {
    const broken = await api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
    // Behind the gateway's back, which can expect anything but this.
    await gateway.database.query('ALTER TABLE sessions RENAME COLUMN title TO title_is_gone');
    const problem = await api.problem('GET', `/v1/sessions/${broken.id}`);
    await gateway.database.query('ALTER TABLE sessions RENAME COLUMN title_is_gone TO title');
    expect(problem).toEqual({
      type: 'urn:berth:problem:internal',
      title: expect.any(String) as string,
      status: 500,
      code: 'internal',
      requestId: problem.requestId,
    });
    expect(gateway.log()).toContain(problem.requestId);
    expect(gateway.log()).toContain('title');
  });
});

describe('every answer', () => {
  it.each(['/', '/health', '/docs', '/openapi.json', '/v1/me', '/nothing'])(
    'of %s comes with the headers that keep a browser safe',
    async (path) => {
      const { headers } = await fetch(`${gateway.origin}${path}`);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/script-src 'self'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toMatch(/connect-src 'self'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('that holds somebody’s data is kept by no cache', async () => {
    for (const path of ['/v1/me', '/v1/sessions', `/v1/sessions/${session.id}`, '/v1/members', '/v1/model-settings', '/v1/usage'])
      expect((await api.call('GET', path)).headers.get('cache-control'), path).toBe('no-store');
  });

  it('carries the request id of a proxy, if that is a plain word', async () => {
    expect((await api.call('GET', '/v1/me', { headers: { 'x-request-id': 'proxy-1' } })).headers.get('x-request-id')).toBe('proxy-1');
    expect((await api.call('GET', '/v1/me', { headers: { 'x-request-id': 'a b;<c>' } })).headers.get('x-request-id')).not.toContain('<');
  });
});
