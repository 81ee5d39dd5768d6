import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeTls } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerLab, CANARY, anthropic } from './testing/broker-lab.js';
import { ask, call } from './testing/call.js';
import { SSE, START, silent } from './testing/upstreams.js';

const lab = new BrokerLab();
afterEach(() => lab.close());

const errorOf = (text: string) =>
  (JSON.parse(Buffer.from(text, 'latin1').toString()) as { error: { type: string; message: string } }).error;

describe('errors of the broker', () => {
  it('says what to do when nobody has chosen a model', async () => {
    const { broker } = await lab.broker({ kind: 'none' });
    const { status, headers, text } = await call(broker, ask('x'));
    expect([status, headers['x-should-retry']]).toEqual([402, 'false']);
    expect(errorOf(text).message).toContain('Settings → Model');
  });

  it('asks to come back when the settings cannot be read', async () => {
    const { broker } = await lab.broker({ kind: 'none' }, { upstream: () => Promise.reject(new Error(`postgres://${CANARY}`)) });
    const { status, headers, text } = await call(broker, ask('x'));
    expect([status, headers['x-should-retry'], text.includes(CANARY)]).toEqual([503, 'true', false]);
  });

  it('tells neither address nor key when the upstream cannot be reached', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    for (const baseUrl of [
      `http://127.0.0.1:${String(port)}`,
      `https://127.0.0.1:${String(port)}`,
      'http://no-such-host.invalid',
      'ftp://x',
      'nonsense',
    ]) {
      const { broker, logged } = await lab.broker(anthropic(baseUrl));
      const { status, text } = await call(broker, ask('x'));
      expect([baseUrl, status, errorOf(text).type]).toEqual([baseUrl, 502, 'api_error']);
      const told = text + JSON.stringify(logged);
      for (const secret of [CANARY, String(port), '127.0.0.1', 'no-such-host']) expect(told).not.toContain(secret);
      expect(logged).toHaveLength(1);
    }
  });

  it.each([301, 302, 303, 307, 308])('neither follows nor passes on a redirect (%i)', async (status) => {
    const elsewhere = await lab.model();
    const url = await lab.upstream(
      (_incoming, response) => void response.writeHead(status, { location: `${elsewhere.url}/v1/messages` }).end('moved'),
    );
    const { broker, metered } = await lab.broker(anthropic(url));
    const answer = await call(broker, ask('x'));
    expect([answer.status, answer.headers.location, answer.headers['x-should-retry']]).toEqual([402, undefined, 'false']);
    expect(answer.text).not.toContain(elsewhere.url);
    expect([elsewhere.requests, metered]).toEqual([[], []]);
  });

  it('passes errors of the upstream on as they are, 429 with its retry-after', async () => {
    const model = await lab.model();
    const { broker } = await lab.broker(anthropic(model.url));
    for (const [asked, status, type, retryAfter] of [
      ['FAIL 429', 429, 'rate_limit_error', '1'],
      ['FAIL 529', 529, 'overloaded_error', undefined],
      ['FAIL 403', 403, 'permission_error', undefined],
    ] as const) {
      const { headers, text, ...answer } = await call(broker, ask(asked));
      expect([answer.status, errorOf(text).type, headers['retry-after']]).toEqual([status, type, retryAfter]);
      expect([errorOf(text).message, headers['x-should-retry']]).toEqual([expect.stringContaining('as asked'), undefined]);
    }
  });

  it('says where to replace a key that the upstream rejects', async () => {
    const model = await lab.model();
    const { broker } = await lab.broker(anthropic(model.url));
    const { status, headers, text } = await call(broker, ask('FAIL 401'));
    expect([status, headers['x-should-retry']]).toEqual([402, 'false']);
    expect(errorOf(text)).toEqual({ type: 'billing_error', message: expect.stringContaining('replace it under Settings → Model') });
  });

  it.each(['content-length', 'chunked'])('refuses a request that is too large (%s) and keeps the upstream out of it', async (framing) => {
    let completed = 0;
    const url = await lab.upstream((incoming) => void incoming.resume().on('end', () => completed++));
    const { broker } = await lab.broker(anthropic(url), { limits: { requestBytes: 100_000 } });
    const body = Buffer.alloc(3_000_000);
    const headers: Record<string, string> =
      framing === 'chunked' ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) };
    const { status, text } = await call(broker, { body, headers });
    expect([status, errorOf(text).type, completed]).toEqual([413, 'request_too_large', 0]);
  });

  it('takes a request of exactly the limit', async () => {
    const url = await lab.upstream((incoming, response) => void incoming.resume().on('end', () => response.end('{}')));
    const { broker } = await lab.broker(anthropic(url), { limits: { requestBytes: 100_000 } });
    expect((await call(broker, { body: Buffer.alloc(100_000) })).status).toBe(200);
  });

  it('gives up an upstream that is silent, before and within its answer', async () => {
    const { url } = await silent(lab);
    const { broker, use } = await lab.broker(anthropic(url), { limits: { silenceMs: 300 } });
    const { status, text } = await call(broker, ask('x'));
    expect([status, errorOf(text).type]).toEqual([504, 'api_error']);
    use(anthropic(await lab.upstream((_incoming, response) => void response.writeHead(200, SSE).write(START))));
    expect(await call(broker, ask('x'))).toMatchObject({ status: 200, text: START, complete: false });
  });

  it.each([
    ['a status that there is not', 'HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
    ['headers without an end', `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(10_000)}`],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['nothing', ''],
  ])('survives an upstream that answers with %s', async (_what, bytes) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(bytes, 'latin1'));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { broker } = await lab.broker(anthropic(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`));
    expect((await call(broker, ask('x'))).status).toBe(502);
    await new Promise((resolve) => server.close(resolve));
  });

  it('passes on an answer that comes before the whole request, also when the upstream then hangs up', async () => {
    const refusal = '{"type":"error","error":{"type":"invalid_request_error","message":"no"}}';
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          socket.pause();
          socket.write(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${String(refusal.length)}\r\n\r\n${refusal}`, () =>
            socket.resetAndDestroy(),
          );
        });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { broker } = await lab.broker(anthropic(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`));
    for (let round = 0; round < 20; round++) {
      const { status, text } = await call(broker, { body: Buffer.alloc(10_000_000) });
      // A reset may overtake what was written before it; what arrived is passed on.
      expect([400, 502]).toContain(status);
      expect(errorOf(text).type).toBe(status === 400 ? 'invalid_request_error' : 'api_error');
    }
    await new Promise((resolve) => server.close(resolve));
  });

  it('speaks TLS, and only with an upstream whose certificate it can verify', async () => {
    const { ca, ...tls } = makeTls('localhost');
    let requests = 0;
    const answer = (_incoming: unknown, response: ServerResponse): void => {
      requests++;
      response.end('{}');
    };
    const url = (await lab.upstream(answer, createTlsServer(tls))).replace('http://127.0.0.1', 'https://localhost');
    const untrusted = await lab.broker(anthropic(url));
    expect([(await call(untrusted.broker, ask('x'))).status, requests]).toEqual([502, 0]);
    const known = getCACertificates('default');
    setDefaultCACertificates([...known, ca.toString()]);
    try {
      const trusted = await lab.broker(anthropic(url));
      expect([(await call(trusted.broker, ask('x'))).status, requests]).toEqual([200, 1]);
      const misnamed = await lab.broker(anthropic(url.replace('localhost', '127.0.0.1')));
      expect([(await call(misnamed.broker, ask('x'))).status, requests]).toEqual([502, 1]);
    } finally {
      setDefaultCACertificates(known);
    }
  });

  it('gives up a TLS upstream that takes the connection and says nothing', async () => {
    const server = createServer((socket) => void socket.on('error', () => undefined).resume());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { broker } = await lab.broker(anthropic(`https://127.0.0.1:${String((server.address() as AddressInfo).port)}`), {
      limits: { connectMs: 300 },
    });
    expect((await call(broker, ask('x'))).status).toBe(502);
    await new Promise((resolve) => server.close(resolve));
  });
});
