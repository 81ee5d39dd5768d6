import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerLab, CANARY, anthropic } from './testing/broker-lab.js';
import { ask, call, raw, tokenOf } from './testing/call.js';

const lab = new BrokerLab();
afterEach(() => lab.close());

const errorOf = (text: string) => JSON.parse(text) as { type: string; error: { type: string; message: string } };

describe.each(['unix', 'tcp'] as const)('the broker on %s', (transport) => {
  async function setUp() {
    const model = await lab.model();
    return { model, ...(await lab.broker(anthropic(model.url), { transport })) };
  }

  it('exchanges the placeholder for the key', async () => {
    const { broker, model } = await setUp();
    expect(await call(broker, ask('hi'))).toMatchObject({ status: 200, complete: true });
    expect(await call(broker, { ...ask('hi'), headers: { authorization: '', 'x-api-key': tokenOf(broker) } })).toMatchObject({
      status: 200,
    });
    expect(model.requests).toHaveLength(2);
    for (const { headers } of model.requests) {
      expect(headers['x-api-key']).toBe(CANARY);
      expect(JSON.stringify(headers)).not.toContain(tokenOf(broker));
      expect(headers['host']).toBe(new URL(model.url).host);
    }
    expect(JSON.stringify(broker)).not.toContain(CANARY);
  });

  it('T49: refuses the placeholder of another session, none, and the key itself', async () => {
    const { broker, model } = await setUp();
    const other = await lab.broker(anthropic(model.url), { transport });
    for (const token of [tokenOf(other.broker), '', 'x', CANARY]) {
      const answer = await call(broker, { ...ask('hi'), token });
      expect(answer).toMatchObject({ status: 401, headers: { 'x-should-retry': 'false' } });
      expect(errorOf(answer.text).error.type).toBe('authentication_error');
    }
    expect(model.requests).toEqual([]);
    expect((await call(other.broker, ask('hi'))).status).toBe(200);
  });

  it('T49: refuses every call once the run is over, and cannot be reached once it is closed', async () => {
    const { broker, model, fence } = await setUp();
    fence();
    const answer = await call(broker, ask('hi'));
    expect(answer).toMatchObject({ status: 401, headers: { 'x-should-retry': 'false' } });
    expect(errorOf(answer.text)).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error', message: expect.stringContaining('over') },
    });
    expect(model.requests).toEqual([]);
    await broker.close();
    await expect(call(broker, ask('hi'))).rejects.toThrow(/ECONNREFUSED|ENOENT/);
  });

  it('answers only what a session needs', async () => {
    const { broker, model } = await setUp();
    for (const [method, path] of [
      ['POST', '/v1/files'],
      ['GET', '/v1/organizations'],
      ['POST', '/v1/messages/../files'],
      ['POST', '/v1/messages/%2e%2e/files'],
      ['POST', '//127.0.0.1/v1/messages'],
      ['GET', '/'],
    ] as const) {
      const answer = await call(broker, { ...ask('hi'), method, path });
      expect([path, answer.status, errorOf(answer.text).error.type]).toEqual([path, 404, 'not_found_error']);
    }
    expect(model.requests).toEqual([]);
    expect((await call(broker, { method: 'GET', path: '/api/hello', token: '' })).status).toBe(200);
    expect((await call(broker, { method: 'HEAD', path: '/api/hello', token: '' })).status).toBe(200);
    await call(broker, { method: 'GET', path: '/v1/models/claude-x?limit=1' });
    expect(model.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models/claude-x?limit=1']);
  });

  it('is not to be talked into another target, method or second request', async () => {
    const { broker, model } = await setUp();
    const head = `authorization: Bearer ${tokenOf(broker)}\r\n`;
    const attacks = [
      `POST http://169.254.169.254/v1/messages HTTP/1.1\r\nhost: 169.254.169.254\r\n${head}content-length: 0\r\nconnection: close\r\n\r\n`,
      `CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: x\r\n${head}\r\n`,
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\n${head}content-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\nGET /v1/files HTTP/1.1\r\n\r\n`,
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\n${head}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`,
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\n${head}x-a: b\rx-evil: c\r\n\r\n`,
    ];
    for (const attack of attacks) expect(await raw(broker, attack), attack).not.toMatch(/^HTTP\/1\.1 200/m);
    expect(model.requests).toEqual([]);
    // A body where none belongs does not become the upstream's next request.
    const smuggled = 'POST /v1/files HTTP/1.1\r\nhost: x\r\n\r\n';
    for (const framing of [
      `content-length: ${String(smuggled.length)}\r\n\r\n${smuggled}`,
      `transfer-encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ])
      await raw(broker, `GET /v1/models HTTP/1.1\r\nhost: evil\r\n${head}connection: close\r\n${framing}`);
    expect(model.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/v1/models', undefined],
      ['GET', '/v1/models', undefined],
    ]);
  });
});

describe('where the broker listens', () => {
  it('has a socket for its owner alone, and takes it away', async () => {
    const { broker } = await lab.broker({ kind: 'none' });
    const path = broker.socketPath ?? '';
    expect(path.endsWith('/api.sock')).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(broker.environment).toEqual({
      ANTHROPIC_BASE_URL: 'http://model.session.internal',
      ANTHROPIC_UNIX_SOCKET: path,
      ANTHROPIC_AUTH_TOKEN: expect.stringMatching(/^bks_/),
    });
    await broker.close();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('replaces the socket of a process that was killed', async () => {
    const { path: runDir, remove } = await tempDir();
    const first = await lab.broker({ kind: 'none' }, { runDir });
    const second = await lab.broker({ kind: 'none' }, { runDir });
    expect((await call(second.broker, ask('hi'))).status).toBe(402);
    expect((await call(second.broker, { ...ask('hi'), token: tokenOf(first.broker) })).status).toBe(401);
    await lab.close();
    await remove();
  });

  it('falls back to loopback where the folder cannot hold a socket', async () => {
    const { path, remove } = await tempDir();
    const tooLong = join(path, 'x'.repeat(120));
    await mkdir(tooLong);
    for (const runDir of [tooLong, join(path, 'missing')]) {
      const { broker } = await lab.broker({ kind: 'none' }, { runDir });
      expect(broker.socketPath).toBeUndefined();
      expect(broker.environment).toEqual({
        ANTHROPIC_BASE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        ANTHROPIC_AUTH_TOKEN: expect.any(String),
      });
      expect((await call(broker, ask('hi'))).status).toBe(402);
    }
    await remove();
  });
});
