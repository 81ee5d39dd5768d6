import { once } from 'node:events';
import { Readable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { seededBytes, waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerLab, CANARY, anthropic } from './testing/broker-lab.js';
import { ask, call, open } from './testing/call.js';
import { DELTA, SSE, START, USED, begun } from './testing/upstreams.js';

const lab = new BrokerLab();
afterEach(() => lab.close());

/** How far a count has come once it stands still: what the sockets and streams on the way can hold. */
async function settled(count: () => number): Promise<number> {
  await waitFor(async () => {
    const before = count();
    await new Promise((resolve) => setTimeout(resolve, 200));
    return before > 0 && before === count();
  });
  return count();
}

describe('what passes through the broker', () => {
  it('is the same bytes both ways, large or small, and is metered once', async () => {
    const body = Buffer.from(seededBytes(1, 0, 5_000_000));
    const answer = Buffer.from(seededBytes(2, 0, 7_000_000));
    let received = Buffer.alloc(0);
    const url = await lab.upstream((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          received = Buffer.concat(chunks);
          response.writeHead(201, { 'content-type': 'application/octet-stream', 'request-id': 'req_1' }).end(answer);
        });
    });
    const { broker, metered } = await lab.broker(anthropic(url));
    for (const headers of [{ 'content-length': String(body.length) }, { 'transfer-encoding': 'chunked' }]) {
      const { status, text, headers: answered, complete } = await call(broker, { body, headers });
      expect([status, complete, answered['request-id']]).toEqual([201, true, 'req_1']);
      expect(received.equals(body)).toBe(true);
      expect(Buffer.from(text, 'latin1').equals(answer)).toBe(true);
    }
    expect(metered).toEqual([]);
  });

  it('arrives as it is sent, not when it is complete', async () => {
    const { response, upstream } = await begun(lab);
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toBe(START);
    upstream.write('data: more\n\n');
    const [second] = (await once(response, 'data')) as [Buffer];
    expect(second.toString()).toBe('data: more\n\n');
  });

  it('waits for a session that does not read', async () => {
    const size = 64 * 1024 * 1024;
    let sent = 0;
    const url = await lab.upstream((_incoming, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        for (let free = true; free && sent < size; sent += chunk.length) free = response.write(chunk);
      };
      response.writeHead(200, SSE).on('drain', more);
      more();
    });
    const { broker } = await lab.broker(anthropic(url));
    const response = await open(broker, ask('x'));
    response.pause();
    expect(await settled(() => sent)).toBeLessThan(size / 4);
    response.destroy();
  });

  it('waits for an upstream that does not read', async () => {
    const size = 64 * 1024 * 1024;
    let sent = 0;
    const url = await lab.upstream((incoming) => void incoming.pause());
    const { broker } = await lab.broker(anthropic(url), { limits: { requestBytes: 2 * size } });
    const body = Readable.from(
      (function* () {
        for (; sent < size; sent += 64 * 1024) yield Buffer.alloc(64 * 1024);
      })(),
    );
    const abort = new AbortController();
    const answer = open(broker, { body, headers: { 'transfer-encoding': 'chunked' }, signal: abort.signal });
    expect(await settled(() => sent)).toBeLessThan(size / 4);
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
  });

  it.each([
    ['identity', (bytes: string) => Buffer.from(bytes)],
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('is asked for plain, and counted all the same when it comes as %s', async (encoding, encode) => {
    const bytes = encode(START + DELTA);
    let asked: string | undefined;
    const url = await lab.upstream((incoming, response) => {
      asked = incoming.headers['accept-encoding'];
      response.writeHead(200, { ...SSE, 'content-encoding': encoding }).end(bytes);
    });
    const { broker, metered } = await lab.broker(anthropic(url));
    const { text, headers } = await call(broker, { ...ask('x'), headers: { 'accept-encoding': 'gzip, br' } });
    expect([asked, headers['content-encoding']]).toEqual(['identity', encoding]);
    expect(Buffer.from(text, 'latin1').equals(bytes)).toBe(true);
    await waitFor(() => metered.length > 0);
    expect(metered).toEqual([USED]);
  });

  it('is passed on uncounted when it is not the encoding it claims to be', async () => {
    const url = await lab.upstream(
      (_incoming, response) => void response.writeHead(200, { ...SSE, 'content-encoding': 'gzip' }).end('no gzip'),
    );
    const { broker, metered } = await lab.broker(anthropic(url));
    expect(await call(broker, ask('x'))).toMatchObject({ status: 200, text: 'no gzip', complete: true });
    await broker.close();
    expect(metered).toEqual([]);
  });

  it('is counted for answers to messages only', async () => {
    const model = await lab.model();
    const { broker, metered } = await lab.broker(anthropic(model.url));
    await call(broker, ask('hi', false));
    await call(broker, ask('hi', true));
    await call(broker, { ...ask('hi'), path: '/v1/messages/count_tokens' });
    await call(broker, ask('FAIL 529'));
    await call(broker, ask('FAIL 401'));
    await broker.close();
    expect(metered).toHaveLength(2);
    expect(metered[0]).toEqual(metered[1]);
    expect(metered[0]).toMatchObject({ model: 'claude-test', outputTokens: expect.any(Number) });
    expect(metered[0]?.outputTokens).toBeGreaterThan(50);
  });

  it('goes below a base URL with a path, with a bearer token where that is asked for', async () => {
    const model = await lab.model();
    const credential = { scheme: 'bearer', secret: CANARY } as const;
    const { broker, use } = await lab.broker({ kind: 'compatible', baseUrl: `${model.url}/api/anthropic/`, credential });
    await call(broker, { ...ask('x'), path: '/v1/messages?beta=true' });
    use({ kind: 'compatible', baseUrl: `${model.url}/other`, credential });
    await call(broker, ask('x'));
    use({ kind: 'scripted', baseUrl: model.url });
    await call(broker, ask('x'));
    expect(model.requests.map(({ path, headers }) => [path, headers['authorization'], headers['x-api-key']])).toEqual([
      ['/api/anthropic/v1/messages?beta=true', `Bearer ${CANARY}`, undefined],
      ['/other/v1/messages', `Bearer ${CANARY}`, undefined],
      ['/v1/messages', undefined, undefined],
    ]);
  });

  it('uses one connection for calls that follow each other', async () => {
    const ports = new Set<number | undefined>();
    const url = await lab.upstream((incoming, response) => {
      ports.add(incoming.socket.remotePort);
      response.writeHead(200, SSE).end(START + DELTA);
    });
    const { broker, metered } = await lab.broker(anthropic(url));
    for (let round = 0; round < 5; round++) await call(broker, ask('x'));
    await broker.close();
    expect(ports.size).toBe(1);
    expect(metered).toHaveLength(5);
  });
});
