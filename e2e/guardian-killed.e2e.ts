import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually, within } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { signal, withArgument } from './harness/process-table.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
});
afterAll(() => cluster.close());

test('a host without its guardian ends its sessions and itself, and works again after a restart', async () => {
  const api = await cluster.signIn();
  const token = `orphan-${randomUUID()}`;
  const { id } = await api.runningSession(programs.family(token));
  await eventually(() => withArgument(token).length >= 4, { what: 'the family runs' });

  signal(cluster.worker().guardianPid, 'SIGKILL');
  const { code } = await within(5000, 'the host ends', cluster.worker().exited);
  expect(code).not.toBe(0);
  await eventually(() => withArgument(token).length === 0, { within: 5000, what: 'its sessions have ended' });

  await cluster.worker().start();
  await api.sessionWhen(id, 'given up', ({ status, run }) => status === 'suspended' && run.closeReason === 'host_lost');
  await api.expect('POST', `/v1/sessions/${id}/wake`);
  await api.sessionWhen(id, 'running again', ({ status, run }) => status === 'running' && run.epoch === 2);
});
