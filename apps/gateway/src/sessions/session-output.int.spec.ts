import { setTimeout as sleep } from 'node:timers/promises';
import { seededBytes } from '@berth/testing';
import type { SessionView } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { TestHost } from '../testing/test-host.js';

const MIB = 1024 * 1024;

let gateway: TestGateway;
let host: TestHost;
let api: ApiClient;
beforeAll(async () => {
  gateway = await startTestGateway();
  host = await TestHost.start(gateway);
  ({ api } = await gateway.signedIn());
});
afterAll(async () => {
  await host.close();
  await gateway.close();
});

async function running() {
  const { id } = await api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
  return { id, run: await host.run(id) };
}

async function output(id: string, from = 0) {
  const { status, headers, body } = await api.call('GET', `/v1/sessions/${id}/output?from=${String(from)}`);
  return {
    status,
    from: Number(headers.get('berth-from')),
    to: Number(headers.get('berth-to')),
    bytes: (body as Buffer | undefined) ?? Buffer.alloc(0),
    headers,
  };
}

describe('output as the log has it', () => {
  it('of a session without any is empty', async () => {
    const { id } = await api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
    expect(await output(id)).toMatchObject({ status: 200, from: 0, to: 0, bytes: Buffer.alloc(0) });
  });

  it('is byte-exact from any offset, while the run lives and after its end', async () => {
    const { id, run } = await running();
    const bytes = Buffer.from(seededBytes(7, 0, 700_000));
    const end = await host.write(run, run.base, bytes);
    for (const ended of [false, true]) {
      if (ended) await host.end(run, { reason: 'exited', exitCode: 0, end });
      for (const from of [0, 1, 65_536, 65_537, 699_999]) {
        const got = await output(id, from);
        expect({ from: got.from, to: got.to, same: got.bytes.equals(bytes.subarray(from)) }).toEqual({ from, to: end, same: true });
      }
      expect(await output(id, end)).toMatchObject({ status: 200, from: end, to: end });
    }
    expect((await output(id)).headers.get('content-type')).toBe('application/octet-stream');
    expect((await output(id)).headers.get('cache-control')).toBe('no-store');
  });

  it('that is no longer kept is 416 and says where it goes on', async () => {
    const { id, run } = await running();
    const bytes = Buffer.from(seededBytes(8, 0, 4 * MIB));
    await host.write(run, run.base, bytes);
    const { status, body, headers } = await api.call('GET', `/v1/sessions/${id}/output`);
    expect({ status, body }).toMatchObject({ status: 416, body: { code: 'range_pruned' } });
    const kept = Number(headers.get('berth-from'));
    expect(kept).toBeGreaterThan(0);
    const rest = await output(id, kept);
    expect(rest.bytes.equals(bytes.subarray(kept))).toBe(true);
  });

  it('goes on behind a run that was lost: what nobody can have is skipped, and the header says so', async () => {
    const { id, run } = await running();
    await host.write(run, run.base, Buffer.from('first'));
    await gateway.database.query(
      `UPDATE sessions SET lease_until = now() - interval '1 second' WHERE host_id IS NOT NULL AND epoch = 1 AND id = $1::uuid`,
      [id.slice(4)],
    );
    await expect
      .poll(async () => (await api.expect<SessionView>('GET', `/v1/sessions/${id}`)).status, { timeout: 10_000 })
      .toBe('suspended');
    await api.call('POST', `/v1/sessions/${id}/wake`);
    const second = await host.run(id);
    expect(second.base).toBeGreaterThan(5);
    await host.write(second, second.base, Buffer.from('second'));
    expect(await output(id)).toMatchObject({ from: 0, to: 5, bytes: Buffer.from('first') });
    expect(await output(id, 5)).toMatchObject({ from: second.base, to: second.base + 6, bytes: Buffer.from('second') });
  });

  it('is sent with back-pressure: readers that do not read cost little', async () => {
    const large = await TestHost.start(gateway, { budgetBytes: 64 * MIB });
    const { id } = await api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
    const run = await large.run(id);
    const bytes = Buffer.from(seededBytes(9, 0, 8 * MIB));
    await large.write(run, run.base, bytes);
    const token = (await gateway.client().signIn({ email: (await ownerOf(id)).email, password: gateway.password })).accessToken;
    const before = process.memoryUsage().rss;
    const stop = new AbortController();
    const readers = Array.from({ length: 20 }, () =>
      fetch(`${gateway.origin}/v1/sessions/${id}/output`, { headers: { authorization: `Bearer ${token}` }, signal: stop.signal }),
    );
    for (const reader of readers) expect((await reader).status).toBe(200);
    await sleep(500);
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * MIB);
    stop.abort();
    await sleep(200);
    expect((await output(id, 7 * MIB)).bytes.equals(bytes.subarray(7 * MIB))).toBe(true);
    expect(gateway.log()).not.toContain('a request failed');
    await large.close();
  });
});

async function ownerOf(sessionId: string): Promise<{ email: string }> {
  const [owner] = await gateway.database.query<{ email: string }>(
    'SELECT u.email FROM sessions s JOIN users u ON u.id = s.created_by WHERE s.id = $1::uuid',
    [sessionId.slice(4)],
  );
  if (owner === undefined) throw new Error('the session has no owner');
  return owner;
}
