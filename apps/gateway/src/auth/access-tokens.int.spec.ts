import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { accessTokenKey } from './token-keys.js';

type Json = Record<string, unknown>;

let gateway: TestGateway;
let api: ApiClient;
let header: Json;
let claims: Json;
let token: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  const owner = await gateway.signedIn();
  api = owner.api;
  token = owner.signedIn.accessToken;
  const [head = '', body = ''] = token.split('.');
  header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Json;
  claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Json;
});
afterAll(() => gateway.close());

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token signed with HMAC, by default with the gateway's own key: everything but the named difference is good. */
function forge({
  head = {},
  body = {},
  key = accessTokenKey(gateway.database.secret),
  hash = 'sha256',
}: {
  head?: Json;
  body?: Json;
  key?: Buffer | string;
  hash?: string;
}): string {
  const signed = `${encode({ ...header, ...head })}.${encode({ ...claims, ...body })}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

const statusOf = async (candidate: string): Promise<number> => (await api.call('GET', '/v1/me', { token: candidate })).status;
const now = (): number => Math.floor(Date.now() / 1000);

describe('T15 access tokens', () => {
  it('are typed, short-lived and say for whom and where they are good', () => {
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(claims).toMatchObject({
      sub: expect.stringMatching(/^usr_/) as string,
      iss: expect.any(String) as string,
      aud: expect.any(String) as string,
      nbf: expect.any(Number) as number,
    });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBeLessThanOrEqual(600);
  });

  it('made by this spec like the gateway makes them are good: what follows is refused for its one difference', async () => {
    expect(await statusOf(forge({}))).toBe(200);
  });

  it.each<[string, () => string]>([
    ['alg none', () => `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`],
    ['alg None with the old signature', () => `${encode({ ...header, alg: 'None' })}.${token.split('.').slice(1).join('.')}`],
    ['HS384 with our key', () => forge({ head: { alg: 'HS384' }, hash: 'sha384' })],
    ['HS512 with our key', () => forge({ head: { alg: 'HS512' }, hash: 'sha512' })],
    ['the secret itself as key', () => forge({ key: gateway.database.secret })],
    ['an empty key', () => forge({ key: '' })],
    ['the wrong audience', () => forge({ body: { aud: 'somebody-else' } })],
    ['no audience', () => forge({ body: { aud: undefined } })],
    ['the wrong issuer', () => forge({ body: { iss: 'https://evil.example' } })],
    ['another type: refresh used as access', () => forge({ head: { typ: 'rt+jwt' } })],
    ['the type JWT', () => forge({ head: { typ: 'JWT' } })],
    ['no type', () => forge({ head: { typ: undefined } })],
    ['expired 61 s ago', () => forge({ body: { exp: now() - 61 } })],
    ['no expiry', () => forge({ body: { exp: undefined } })],
    ['not valid for another 61 s', () => forge({ body: { nbf: now() + 61 } })],
    ['a subject that is no user', () => forge({ body: { sub: 'ses_00000000000000000000000000000000' } })],
    ['a tenant that is none', () => forge({ body: { tid: "ten_' OR 1=1" } })],
    ['a sign-in that is none', () => forge({ body: { fam: 'x' } })],
    ['a sign-in that never was', () => forge({ body: { fam: '01900000-0000-7000-8000-000000000000' } })],
    [
      'changed claims',
      () => [token.split('.')[0], encode({ ...claims, tid: 'ten_00000000000000000000000000000000' }), token.split('.')[2]].join('.'),
    ],
    ['no signature', () => `${token.split('.').slice(0, 2).join('.')}.`],
    ['random bytes', () => randomBytes(64).toString('base64url')],
    ['nothing', () => ''],
  ])('with %s are refused', async (_what, make) => {
    expect(await statusOf(make())).toBe(401);
  });

  it('signed with a public key as if it were the secret, or by a key pair of the attacker, are refused', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(await statusOf(forge({ key: publicKey.export({ type: 'spki', format: 'pem' }) }))).toBe(401);
    const signed = `${encode({ ...header, alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) })}.${encode(claims)}`;
    expect(await statusOf(`${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`)).toBe(401);
  });

  it('find their key nowhere but here: kid, jku, jwk and x5u change nothing', async () => {
    const names = {
      kid: '../../../dev/null',
      jku: 'https://evil.example/keys',
      x5u: 'https://evil.example/cert',
      jwk: { kty: 'oct', k: encode('x') },
    };
    expect(await statusOf(forge({ head: names }))).toBe(200);
    expect(await statusOf(forge({ head: names, key: '' }))).toBe(401);
    expect(await statusOf(forge({ head: names, key: 'x' }))).toBe(401);
  });

  it('are looked for in the Authorization header as Bearer, and nowhere else', async () => {
    const scheme = (authorization: string) => api.call('GET', '/v1/me', { token: null, headers: { authorization } });
    for (const authorization of [`Basic ${token}`, token, `Bearer${token}`, `Token ${token}`])
      expect((await scheme(authorization)).status, authorization.slice(0, 8)).toBe(401);
    for (const cookie of [`access_token=${token}`, `berth_refresh=${token}`])
      expect((await api.call('GET', '/v1/me', { token: null, headers: { cookie } })).status).toBe(401);
    expect((await api.call('POST', '/v1/sessions', { token: null, body: { kind: 'terminal', access_token: token } })).status).toBe(401);
  });

  it('are refused with a problem and a challenge, which echo nothing', async () => {
    const answer = await api.call('GET', '/v1/me', { token: 'canary-token' });
    expect(answer.body).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(JSON.stringify([answer.body, [...answer.headers]])).not.toContain('canary-token');
    expect(gateway.log()).not.toContain('canary-token');
  });
});
