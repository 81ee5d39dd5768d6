import { createHmac, generateKeyPairSync, hkdfSync, sign } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { AppProcess } from './harness/app-process.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { RawSocket } from './harness/raw-socket.js';

let cluster: Cluster;
let api: Api;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
  api = await cluster.signIn();
});
afterAll(() => cluster.close());

const base64 = (value: object | Buffer): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

test('T9: a valid token in the query string opens nothing', async () => {
  for (const name of ['access_token', 'token', 'authorization', 'key', 'api_key', 'ticket']) {
    expect(await api.problem('GET', `/v1/me?${name}=${api.token}`, { token: null })).toMatchObject({ status: 401 });
  }
  const { id } = await api.createSession(['sleep', '600']);
  const socket = await RawSocket.open(cluster.address(), id, { query: `?access_token=${api.token}` });
  expect((await socket.closed).code).toBe(4401);
});

test('T10: without credentials only the public calls answer, and nothing echoes a credential', async () => {
  const open = new Set(['POST /v1/auth/login', 'POST /v1/auth/link', 'POST /v1/auth/logout']);
  for (const { method, path } of (await cluster.openApi()).operations().filter(({ path: each }) => each.startsWith('/v1/'))) {
    const call = `${method} ${path}`;
    const concrete = path.replace('{sessionId}', `ses_${'0'.repeat(32)}`);
    const { status } = await api.call(method, concrete, { token: null, ...(method === 'GET' ? {} : { body: {} }) });
    if (open.has(call)) expect([204, 422], call).toContain(status);
    else expect(status, call).toBe(401);
    const echoed = await api.call(method, concrete, { token: 'canary-in-a-header', ...(method === 'GET' ? {} : { body: {} }) });
    expect(JSON.stringify(echoed.body ?? ''), call).not.toContain('canary-in-a-header');
  }
  for (const path of ['/health', '/ready', '/openapi.json', '/docs'])
    expect((await fetch(`${cluster.address()}${path}`)).status, path).toBe(200);
});

test('T11: an upgrade from a foreign origin is refused before it happens; our own and none are welcome', async () => {
  const { id } = await api.createSession(['sleep', '600']);
  const gateway = await cluster.addGateway({ PUBLIC_URL: 'https://app.example.com' });
  const address = `http://127.0.0.1:${gateway.port}`;
  const foreign = [
    'https://evil',
    'null',
    'https://app.example.com.evil.com',
    'https://evilapp.example.com',
    'https://app.example.com:444',
    'http://app.example.com',
    address,
  ];
  for (const origin of foreign)
    await expect(RawSocket.open(address, id, { token: api.token, origin }), origin).rejects.toThrow('refused: 403');
  for (const welcome of [{}, { origin: 'https://app.example.com' }]) {
    const socket = await RawSocket.attach(address, id, { clientId: 'welcome' }, { token: api.token, ...welcome });
    await socket.frame('attached');
    await socket.detach();
  }
});

test('T12: no foreign origin may read answers', async () => {
  const response = await fetch(`${cluster.address()}/v1/me`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
  });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test('T25: a request with our cookie from another origin is refused', async () => {
  const problem = await api.problem('POST', '/v1/auth/refresh', {
    token: null,
    body: {},
    headers: { origin: 'https://evil.example', cookie: 'berth_refresh=x' },
  });
  expect(problem).toMatchObject({ status: 403, code: 'origin_forbidden' });
});

interface Token {
  head: Record<string, unknown>;
  claims: Record<string, unknown>;
}

const sealed = ({ head, claims }: Token, key: string | Buffer): string => {
  const signed = `${base64(head)}.${base64(claims)}`;
  return `${signed}.${base64(createHmac('sha256', key).update(signed).digest())}`;
};

test('T15: tokens that were not made by us, for this, or for now are all refused', async () => {
  const [head = '', body = '', signature = ''] = api.token.split('.');
  const good: Token = {
    head: JSON.parse(Buffer.from(head, 'base64url').toString()) as Token['head'],
    claims: JSON.parse(Buffer.from(body, 'base64url').toString()) as Token['claims'],
  };
  const key = Buffer.from(hkdfSync('sha256', cluster.env['BERTH_SECRET'] ?? '', '', 'jwt', 32));
  expect((await api.call('GET', '/v1/me', { token: sealed(good, key) })).status, 'the control: signed with the right key').toBe(200);

  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const rsa = `${base64({ ...good.head, alg: 'RS256' })}.${body}`;
  const now = Math.floor(Date.now() / 1000);
  const withHead = (fields: object) => ({ ...good, head: { ...good.head, ...fields } });
  const withClaims = (fields: object) => ({ ...good, claims: { ...good.claims, ...fields } });
  const forged = {
    'alg none': `${base64({ ...good.head, alg: 'none' })}.${body}.`,
    'alg none with the old signature': `${base64({ ...good.head, alg: 'none' })}.${body}.${signature}`,
    'changed claims': `${head}.${base64({ ...good.claims, sub: `usr_${'0'.repeat(32)}` })}.${signature}`,
    'a key of the attacker': sealed(good, 'x'.repeat(32)),
    'HS256 with a public key': sealed(withHead({ alg: 'HS256' }), pem),
    'RS256 of the attacker': `${rsa}.${base64(sign('sha256', Buffer.from(rsa), privateKey))}`,
    'unknown kid, empty key': sealed(withHead({ kid: '../../dev/null' }), Buffer.alloc(32)),
    'jku of the attacker': sealed(withHead({ jku: 'https://evil.example/keys' }), 'x'.repeat(32)),
    'wrong audience': sealed(withClaims({ aud: 'another-api' }), key),
    'no audience': sealed(withClaims({ aud: undefined }), key),
    'wrong issuer': sealed(withClaims({ iss: 'https://evil.example' }), key),
    'wrong type': sealed(withHead({ typ: 'refresh+jwt' }), key),
    'no type': sealed(withHead({ typ: undefined }), key),
    'no end': sealed(withClaims({ exp: undefined }), key),
    'over for 61 s': sealed(withClaims({ exp: now - 61 }), key),
    'good in 61 s': sealed(withClaims({ nbf: now + 61 }), key),
    'another sign-in': sealed(withClaims({ fam: '00000000-0000-7000-8000-000000000000' }), key),
    'no signature': `${head}.${body}.`,
    'not a token': 'x',
  };
  for (const [what, token] of Object.entries(forged)) {
    expect(await api.problem('GET', '/v1/me', { token }), what).toMatchObject({ status: 401, code: 'unauthenticated' });
  }
});

/** Whether an app with this environment refuses to start; its log has to say why in words. */
async function refusesToStart(env: Record<string, string | undefined>, why: string): Promise<boolean> {
  const given = Object.fromEntries(
    Object.entries({ ...cluster.env, PORT: '0', ...env }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const app = new AppProcess('gateway', 'gateway-refused', given, `${cluster.folder}/logs/refused-${Math.random()}.log`);
  const started = await app.start().then(
    () => true,
    () => false,
  );
  if (started) {
    const answer = await fetch(`http://127.0.0.1:${app.port}/v1/sessions`);
    await app.kill();
    expect(answer.status, 'what starts stays closed').toBe(401);
    return false;
  }
  expect((await app.exited).code).toBe(1);
  expect(app.log()).toContain(why);
  return true;
}

test('T16: a default or short secret refuses to start', async () => {
  for (const secret of ['short', 'x'.repeat(31), 'changeme', ''])
    expect(await refusesToStart({ BERTH_SECRET: secret }, 'BERTH_SECRET')).toBe(true);
});

test('T17: no setting that is missing or empty opens a door', async () => {
  for (const NODE_ENV of ['test', 'production']) {
    expect(await refusesToStart({ NODE_ENV, BERTH_SECRET: undefined }, 'BERTH_SECRET')).toBe(true);
    expect(await refusesToStart({ NODE_ENV, BERTH_ADMIN_PASSWORD: '' }, 'BERTH_ADMIN_PASSWORD')).toBe(true);
  }
  await refusesToStart({ BERTH_ADMIN_EMAIL: undefined, BERTH_ADMIN_PASSWORD: undefined }, '');
  await refusesToStart({ PUBLIC_URL: '' }, 'PUBLIC_URL');
  expect(await refusesToStart({ NODE_ENV: 'production', BERTH_TEST_FLAGS: 'no-fence' }, 'BERTH_TEST_FLAGS')).toBe(true);
});

test('every bad setting is reported at once', async () => {
  const bad = { BERTH_SECRET: 'short', PORT: 'x', REDIS_URL: 'no', BERTH_LEASE_TERMINAL_S: '-1' };
  const app = new AppProcess(
    'worker',
    'worker-refused',
    { ...cluster.env, BERTH_HOST_NAME: 'refused', ...bad },
    `${cluster.folder}/logs/refused.log`,
  );
  await expect(app.start()).rejects.toThrow();
  for (const name of ['BERTH_SECRET', 'REDIS_URL', 'BERTH_LEASE_TERMINAL_S']) expect(app.log()).toContain(name);
});
