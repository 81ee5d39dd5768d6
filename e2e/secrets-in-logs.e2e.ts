import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { environmentOf, withArgument } from './harness/process-table.js';
import { RawSocket } from './harness/raw-socket.js';

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

test('no secret can be read in a log, a command line, or a session', async () => {
  cluster = await startCluster({ gateways: 1, own: { postgres: 'throw-away', redis: 'throw-away' }, env: { LOG_LEVEL: 'trace' } });
  const { secrets } = cluster;
  await cluster.worker().kill();
  const worker = await cluster.addWorker({ ANTHROPIC_API_KEY: secrets.make('model-key') });
  const api = await cluster.signIn();

  // Every way in which a secret travels, gone right and gone wrong.
  await api.problem('POST', '/v1/auth/login', {
    token: null,
    body: { email: 'owner@example.com', password: secrets.make('wrong-password') },
  });
  await api.problem('POST', '/v1/auth/link', { token: null, body: { token: secrets.add('link', 'canary-link-0123456789abcdef') } });
  await api.problem('GET', '/v1/me', { token: secrets.make('wrong-token') });
  await api.problem('GET', `/v1/me?access_token=${secrets.make('token-in-a-url')}`, { token: null });
  await api.problem('POST', '/v1/auth/refresh', { token: null, body: {}, headers: { cookie: `berth_refresh=${secrets.make('cookie')}` } });
  const { ticket } = await api.expect<{ ticket: string }>('POST', '/v1/socket-tickets', {});
  secrets.add('ticket', ticket);
  const { id } = await api.runningSession(['sh', '-c', 'env; cat /proc/self/environ; exec sleep 600']);
  const socket = await RawSocket.attach(cluster.address(), id, { clientId: 'reader' }, { ticket });
  await socket.shows('BERTH_SESSION_ID');
  const replayed = await RawSocket.open(cluster.address(), id, { ticket });
  expect((await replayed.closed).code).toBe(4401);
  const wrong = await RawSocket.open(cluster.address(), id, { ticket: 'canary-ticket' });
  expect((await wrong.closed).code).toBe(4401);

  expect(socket.text()).not.toContain('canary-');
  expect(environmentOf(cluster.gateway().pid)).not.toContain('canary-model-key');
  expect(withArgument('canary-')).toEqual([]);
  expect(worker.children().length).toBeGreaterThan(1);
  const logs = join(cluster.folder, 'logs');
  for (const file of readdirSync(logs)) expect(readFileSync(join(logs, file), 'utf8').match(/canary-[a-z-]+/g) ?? [], file).toEqual([]);
  socket.destroy();
});
