import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Store } from '@berth/store';
import { logOptions } from '@berth/telemetry';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureFirstTenant } from '../auth/first-tenant.js';
import { Gateway } from '../gateway.js';
import { rawRequest } from '../testing/raw-request.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { Health } from './health.js';
import { passStartChecks } from './start-checks.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const ask = async (origin: string, path: string) => {
  const answer = await fetch(`${origin}${path}`);
  return { status: answer.status, body: await answer.json() };
};

const settings = () => ({
  production: false,
  logLevel: 'silent' as const,
  listen: { host: '127.0.0.1', port: 0 },
  publicOrigin: undefined,
  databaseUrl: gateway.database.databaseUrl,
  redisUrl: gateway.redisUrl,
  secret: gateway.database.secret,
  admin: undefined,
  trustedProxies: [],
  workspaceRoots: [],
  defaultModelProvider: 'none' as const,
  flags: new Set<never>(),
  linkTls: undefined,
});

describe('/health and /ready', () => {
  it('say yes when everything is there', async () => {
    expect(await ask(gateway.origin, '/health')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await ask(gateway.origin, '/ready')).toEqual({ status: 200, body: { ready: true, reasons: [] } });
  });

  it('tell what is away, without where it should be, and never hang', async () => {
    // A server that takes connections and says nothing.
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const away = { databaseUrl: 'postgres://127.0.0.1:1/nowhere', redisUrl: `redis://127.0.0.1:${String(port)}` };
    const other = await Gateway.create({ ...settings(), ...away }, pino(logOptions('berth-gateway', 'silent')));
    const origin = `http://127.0.0.1:${String(await other.listen())}`;
    expect((await ask(origin, '/health')).status).toBe(200);
    const { status, body } = await ask(origin, '/ready');
    expect(status).toBe(503);
    expect((body as { reasons: string[] }).reasons).toEqual(expect.arrayContaining(['postgres', 'redis']));
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|nowhere|ECONN/);
    await other.close();
    silent.close();
  });

  it('a draining gateway is alive, not ready, and lets connections go', async () => {
    const other = await Gateway.create(settings(), pino(logOptions('berth-gateway', 'silent')));
    const port = await other.listen();
    other.app.get(Health).drain();
    await other.drain(10);
    const answer = await rawRequest(`http://127.0.0.1:${String(port)}`, 'GET /ready HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(answer).toContain('"draining"');
    await other.close();
  });
});

describe('before a gateway serves', () => {
  it('creates the first tenant and its owner, once', async () => {
    const admin = { email: 'Owner@Example.com', password: randomBytes(12).toString('hex') };
    const other = await startTestGateway({ admin });
    const client = other.client();
    expect(await client.signIn({ email: 'owner@example.com', password: admin.password })).toMatchObject({ tenants: [{ role: 'owner' }] });
    await passStartChecks(
      other.gateway.app,
      { ...settings(), admin: { email: 'second@example.com', password: admin.password } },
      pino({ level: 'silent' }),
    );
    expect(
      (await other.client().call('POST', '/v1/auth/login', { body: { email: 'second@example.com', password: admin.password } })).status,
    ).toBe(401);
    expect(other.log()).not.toContain(admin.password);
    await other.close();
  });

  it('gives an installation that names no owner one who signs in by link, and the same one every time', async () => {
    const other = await startTestGateway();
    const store = other.gateway.app.get(Store);
    const owner = await ensureFirstTenant(store, { admin: undefined });
    expect(await ensureFirstTenant(store, { admin: { email: 'late@example.com', password: 'too late for that' } })).toBe(owner);
    const token = randomBytes(32).toString('base64url');
    await store.withSystem('sign_in', ({ loginTokens }) => loginTokens.create({ userId: owner, token, lifetimeSeconds: 60 }));
    expect((await other.client().call('POST', '/v1/auth/link', { body: { token } })).body).toMatchObject({ user: { id: owner } });
    await other.close();
  });

  it('refuses a database whose row-level security has been switched off', async () => {
    const other = await startTestGateway();
    await other.database.query('ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY');
    await expect(passStartChecks(other.gateway.app, settings(), pino({ level: 'silent' }))).rejects.toThrow(/sessions/);
    await other.close();
  });
});

describe('the description', () => {
  it('has every call with its schemas, its errors and how to sign in', async () => {
    const { body } = await ask(gateway.origin, '/openapi.json');
    const document = body as {
      openapi: string;
      paths: Record<string, Record<string, { security?: object[]; operationId: string; responses: Record<string, object> }>>;
      components: { securitySchemes: object };
    };
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.components.securitySchemes)).toContain('bearer');
    const create = document.paths['/v1/sessions']?.['post'];
    expect(create).toMatchObject({ operationId: 'createSession', security: [{ bearer: [] }] });
    expect(Object.keys(create?.responses ?? {})).toEqual(
      expect.arrayContaining(['201', '400', '401', '403', '413', '415', '422', '429', '500', '503']),
    );
  });

  it('is shown as a page that runs under our own policy', async () => {
    const page = await (await fetch(`${gateway.origin}/docs`)).text();
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>[^<]*\S/);
    for (const [, source = ''] of page.matchAll(/<script[^>]*\bsrc="([^"]+)"/g)) {
      expect(source).not.toMatch(/^(https?:)?\/\//);
      expect((await fetch(new URL(source, `${gateway.origin}/docs`))).status, source).toBe(200);
    }
  });
});

describe('the pages', () => {
  const page = (host: string, path: string) =>
    rawRequest(gateway.origin, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

  it('opened under another name of this machine go on under the one that cookies and origins know', async () => {
    for (const host of ['localhost', `localhost:${new URL(gateway.origin).port}`, '[::1]:80']) {
      expect(await page(host, '/login?x=1'), host).toContain(`\r\nLocation: ${gateway.origin}/login\r\n`);
    }
  });

  it('go nowhere else, whatever the Host header says', async () => {
    for (const host of [new URL(gateway.origin).host, 'evil.example', 'localhost.evil.example', '%', '']) {
      for (const path of ['/login', '/sessions/ses_1']) expect(await page(host, path), host).not.toMatch(/^Location:/im);
    }
  });
});
