import { openBus } from '@berth/bus';
import type { SessionView } from '@berth/protocol';
import { redisChannels } from '@berth/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { TestHost } from '../testing/test-host.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

it('a run whose host is silent past its lease is closed, its log sealed, its viewers told, and it can be woken', async () => {
  const host = await TestHost.start(gateway, { ttlSeconds: 2 });
  const { api, member } = await gateway.signedIn();
  const { id } = await api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
  const bus = openBus({ redisUrl: gateway.redisUrl });
  let rung = 0;
  const unlisten = bus.listen(redisChannels.session(member.tenantId, id), () => (rung += 1));
  const run = await host.run(id);
  const end = await host.write(run, run.base, Buffer.from('the last words'));

  await expect.poll(async () => (await api.expect<SessionView>('GET', `/v1/sessions/${id}`)).status, { timeout: 10_000 }).toBe('suspended');
  await expect.poll(async () => (await api.expect<SessionView>('GET', `/v1/sessions/${id}`)).head, { timeout: 10_000 }).toBe(end);
  expect(await api.expect('GET', `/v1/sessions/${id}`)).toMatchObject({ run: { epoch: 1, state: 'closed', closeReason: 'host_lost' } });
  expect(rung).toBeGreaterThan(0);

  expect(await host.log.appender(run).append(end + 5, Buffer.from('zombi'), { cols: 80, rows: 24 }), 'the old host writes no more').toBe(
    'fenced',
  );
  expect((await api.call('GET', `/v1/sessions/${id}/output`)).body).toEqual(Buffer.from('the last words'));
  expect(await host.leases.advanceRun(run, 'closing')).toBe('lease_lost');
  await api.call('POST', `/v1/sessions/${id}/wake`);
  expect((await host.run(id)).epoch).toBe(2);
  unlisten();
  bus.close();
  await host.close();
});
