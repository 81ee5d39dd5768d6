import { openBus } from '@berth/bus';
import type { ModelSettings, SessionView } from '@berth/protocol';
import { redisChannels } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addedMember, signInByLink } from '../testing/invited.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { TestHost } from '../testing/test-host.js';

const KEY = 'sk-canary-7d1f5e0b9a44';
const COMPATIBLE = { provider: 'compatible', baseUrl: 'http://10.0.0.7:8000/v1', token: KEY };
const NOTHING: ModelSettings = { provider: 'none', source: 'installation', baseUrl: null, keyHint: null, updatedAt: null, updatedBy: null };

let gateway: TestGateway;
let host: TestHost;
beforeAll(async () => {
  gateway = await startTestGateway();
  host = await TestHost.start(gateway);
});
afterAll(async () => {
  await host.close();
  await gateway.close();
});

describe('the model settings', () => {
  it('are the installation’s until an admin chooses, and again when the choice is forgotten', async () => {
    const { api, member } = await gateway.signedIn();
    expect(await api.expect('GET', '/v1/model-settings')).toEqual(NOTHING);
    const chosen = await api.expect<ModelSettings>('PUT', '/v1/model-settings', COMPATIBLE);
    expect(chosen).toEqual({
      ...{ provider: 'compatible', source: 'member', baseUrl: COMPATIBLE.baseUrl, keyHint: KEY.slice(-4) },
      ...{ updatedAt: expect.any(String) as string, updatedBy: 'A member' },
    });
    expect(await api.expect('GET', '/v1/model-settings')).toEqual(chosen);
    expect(await host.leases.modelProvider(member.tenantId)).toEqual(COMPATIBLE);
    expect(await api.expect('PUT', '/v1/model-settings', { provider: 'scripted' })).toMatchObject({
      provider: 'scripted',
      keyHint: null,
      baseUrl: null,
    });
    expect(await api.expect('DELETE', '/v1/model-settings')).toEqual(NOTHING);
    expect(await api.expect('DELETE', '/v1/model-settings')).toEqual(NOTHING);
    expect(await host.leases.modelProvider(member.tenantId)).toBeUndefined();
  });

  it('are read by everybody in the tenant, without the secret', async () => {
    const { api: owner } = await gateway.signedIn();
    await owner.expect('PUT', '/v1/model-settings', COMPATIBLE);
    const { invited } = await addedMember(owner, { role: 'viewer' });
    const { api: viewer } = await signInByLink(gateway, invited.link);
    const answer = await viewer.call('GET', '/v1/model-settings');
    expect(answer.body).toMatchObject({ provider: 'compatible', keyHint: KEY.slice(-4) });
    expect(JSON.stringify(answer.body)).not.toContain(KEY);
    expect(gateway.log()).not.toContain(KEY);
  });

  it('ring the bell that brokers listen to', async () => {
    const { api, member } = await gateway.signedIn();
    const bus = openBus({ redisUrl: gateway.redisUrl });
    let rings = 0;
    bus.listen(redisChannels.model(member.tenantId), () => (rings += 1));
    // The first comes when the subscription stands.
    await expect.poll(() => rings).toBe(1);
    await api.expect('PUT', '/v1/model-settings', { provider: 'scripted' });
    await expect.poll(() => rings).toBe(2);
    await api.expect('DELETE', '/v1/model-settings');
    await expect.poll(() => rings).toBe(3);
    bus.close();
  });

  it('T6 T65: refuse what the database could not hold, and say so', async () => {
    const { api } = await gateway.signedIn();
    const refused = { status: 422, code: 'invalid_request' };
    const body = { ...COMPATIBLE, baseUrl: 'https://model.example/\u0000' };
    expect(await api.problem('PUT', '/v1/model-settings', { body })).toMatchObject({ ...refused, issues: [{ path: 'baseUrl' }] });
    expect(await api.problem('GET', '/v1/usage?from=0000-01-01')).toMatchObject({ ...refused, issues: [{ path: 'from' }] });
  });

  it.each(['http://169.254.169.254', 'https://[fd00:ec2::254]', 'http://metadata.google.internal', 'http://model.example'])(
    'cannot be %s: the token would go where no model is, or in the clear',
    async (baseUrl) => {
      const { api } = await gateway.signedIn();
      expect(await api.problem('PUT', '/v1/model-settings', { body: { ...COMPATIBLE, baseUrl } })).toMatchObject({
        ...{ status: 422, code: 'invalid_request', issues: [{ path: 'baseUrl' }] },
      });
      expect(await api.expect('GET', '/v1/model-settings')).toEqual(NOTHING);
    },
  );
});

describe('usage', () => {
  it('is shown by day and model, its deleted sessions included', async () => {
    const { api, member } = await gateway.signedIn();
    const { id } = await api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
    const run = { tenantId: member.tenantId, sessionId: id, epoch: 1 };
    const used = { model: 'a-model', requests: 2, inputTokens: 10, outputTokens: 20, cacheReadTokens: 30, cacheWriteTokens: 40 };
    await host.leases.recordUsage(run, [used]);
    await api.call('POST', `/v1/sessions/${id}/close`);
    await api.expect('DELETE', `/v1/sessions/${id}`);
    const today = new Date().toISOString().slice(0, 10);
    expect(await api.expect('GET', '/v1/usage')).toEqual({ items: [{ day: today, ...used }], nextCursor: null });
    expect(await api.expect('GET', `/v1/usage?from=${today}&to=${today}`)).toMatchObject({ items: [{ day: today }] });
    expect(await api.expect('GET', '/v1/usage?to=2020-01-01')).toEqual({ items: [], nextCursor: null });
  });
});
