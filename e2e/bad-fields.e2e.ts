import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';

let cluster: Cluster;
let api: Api;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
  api = await cluster.signIn();
});
afterAll(() => cluster.close());

const LONG = 'x'.repeat(40_000);
const session = (fields: object) => ({ kind: 'terminal', ...fields });

/** Call, body, and the field that the answer has to name. */
const REFUSED: [method: string, path: string, field: string, ...bodies: unknown[]][] = [
  ['POST', '/v1/sessions', 'kind', {}, { kind: 'x' }, { kind: null }, { kind: ['terminal'] }],
  [
    'POST',
    '/v1/sessions',
    'title',
    session({ title: '' }),
    session({ title: LONG }),
    session({ title: 'a\nb' }),
    session({ title: '\u001b[31m' }),
    session({ title: 7 }),
  ],
  [
    'POST',
    '/v1/sessions',
    'command',
    session({ command: [] }),
    session({ command: 'sh' }),
    session({ command: Array(257).fill('x') }),
    session({ command: [''] }),
  ],
  ['POST', '/v1/sessions', 'command.0', session({ command: [7] }), session({ command: ['a\0b'] }), session({ command: [LONG] })],
  // T32: sizes that no terminal has.
  ...(['cols', 'rows'] as const).map((name): [string, string, string, ...unknown[]] => [
    'POST',
    '/v1/sessions',
    name,
    ...[0, -1, 1e9, 1.5, '80', null].map((value) => session({ [name]: value })),
  ]),
  // T1 T2: what a shell would read as more than a name.
  [
    'POST',
    '/v1/sessions',
    'workspace.path',
    session({ workspace: { path: '/tmp/$(touch pwned)' } }),
    session({ workspace: { path: '/tmp/a\nb' } }),
  ],
  [
    'POST',
    '/v1/sessions',
    'model',
    session({ model: 'opus; touch pwned' }),
    session({ model: '`id`' }),
    session({ model: 'a\0b' }),
    session({ model: '--settings=/tmp/evil.json' }),
    session({ command: ['sh'], model: 'opus' }),
  ],
  ['POST', '/v1/sessions', 'permissionMode', session({ permissionMode: 'all' }), session({ command: ['sh'], permissionMode: 'manual' })],
  ['POST', '/v1/sessions', 'tenantId', session({ tenantId: `ten_${'0'.repeat(32)}` })],
  ['POST', '/v1/sessions', 'epoch', session({ epoch: 7 })],
  ['GET', '/v1/sessions?limit=0', 'limit'],
  ['GET', '/v1/sessions?limit=201', 'limit'],
  ['GET', '/v1/sessions?limit=x', 'limit'],
  ['GET', '/v1/sessions?cursor=%27%20OR%201%3D1', 'cursor'],
  ['GET', '/v1/sessions?status=gone', 'status'],
  ['GET', '/v1/sessions?kind=x', 'kind'],
  ['GET', '/v1/sessions?sort=title%3BDROP', 'sort'],
  ['GET', '/v1/sessions/{id}/output?from=-1', 'from'],
  ['GET', '/v1/sessions/{id}/output?from=281474976710656', 'from'],
  ['GET', '/v1/sessions/{id}/output?from=x', 'from'],
  ['PATCH', '/v1/sessions/{id}', 'title', {}, { title: '' }, { title: LONG }],
  ['PATCH', '/v1/sessions/{id}', 'leaseEpoch', { title: 'x', leaseEpoch: 9 }],
  ['POST', '/v1/members', 'email', {}, { email: 'nobody' }, { email: 7 }],
  ['POST', '/v1/members', 'role', { email: 'a@example.com', role: 'root' }],
  ['POST', '/v1/me/password', 'password', {}, { password: 'short' }, { password: LONG }],
  ['PATCH', '/v1/me', 'name', {}, { name: '' }, { name: 'a\nb' }],
  ['PUT', '/v1/model-settings', 'provider', {}, { provider: 'x' }],
  ['PUT', '/v1/model-settings', 'baseUrl', { provider: 'compatible', baseUrl: 'http://169.254.169.254', token: 'x'.repeat(16) }],
  ['GET', '/v1/usage?from=yesterday', 'from'],
  ['POST', '/v1/socket-tickets', 'sessionId', { sessionId: 'ses_1' }, { sessionId: '../etc' }],
  ['POST', '/v1/auth/login', 'email', { password: 'x' }, { email: 'nobody', password: 'x' }, { email: 7, password: 'x' }],
  ['POST', '/v1/auth/login', 'password', { email: 'a@example.com' }, { email: 'a@example.com', password: '' }],
  ['POST', '/v1/auth/link', 'token', {}, { token: 'short' }, { token: `${'a'.repeat(20)}<` }],
];

for (const [method, path, field, ...bodies] of REFUSED) {
  test(`${method} ${path} names ${field}`, async () => {
    const { id } = await someSession();
    for (const body of bodies.length > 0 ? bodies : [undefined]) {
      const problem = await api.problem(method, path.replace('{id}', id), body === undefined ? {} : { body });
      expect(problem, JSON.stringify(body)?.slice(0, 200)).toMatchObject({ status: 422, code: 'invalid_request' });
      expect(problem.issues?.map((issue) => issue.path)).toContain(field);
    }
  });
}

let made: Promise<{ id: string }> | undefined;
const someSession = () => (made ??= api.createSession(['sleep', '600']));

test('T7: fields that reach for the prototype are refused and change nothing', async () => {
  const problem = await api.problem('POST', '/v1/sessions', {
    body: '{"kind":"terminal","__proto__":{"isAdmin":true},"constructor":{"x":1}}',
  });
  expect(problem.status).toBe(422);
  expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
});

test('a body that is not JSON, too large or of another type is refused as such', async () => {
  expect(await api.problem('POST', '/v1/sessions', { body: '{"kind":' })).toMatchObject({ status: 400, code: 'malformed_request' });
  expect(await api.problem('POST', '/v1/sessions', { body: `{"kind":"${'x'.repeat(11 * 1024 * 1024)}"}` })).toMatchObject({
    code: 'payload_too_large',
  });
  expect(
    await api.problem('POST', '/v1/sessions', { body: 'kind=terminal', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  ).toMatchObject({
    code: 'unsupported_media_type',
  });
});

test('T65: no error tells a path, a statement or a stack', async () => {
  const { id } = await someSession();
  const answers = [
    await api.problem('GET', '/v1/sessions/ses_zz'),
    await api.problem('GET', "/v1/sessions/ses_'; DROP TABLE sessions --"),
    await api.problem('GET', '/v1/nothing'),
    await api.problem('DELETE', `/v1/sessions/${id}`),
    await api.problem('POST', '/v1/sessions', { body: '{' }),
    await api.problem('POST', '/v1/auth/login', { body: { email: 'a@example.com', password: 'wrong' }, token: null }),
    await api.problem('GET', '/v1/sessions/%00'),
    await api.problem('GET', '/v1/sessions/%ff%fe'),
  ];
  for (const answer of answers) {
    expect(answer.status).toBeLessThan(500);
    expect(JSON.stringify(answer)).not.toMatch(/\bat \w+ \(|node_modules|\/work\/|\.ts:|\.js:|SELECT|sessions_|DROP|prisma/i);
  }
});
