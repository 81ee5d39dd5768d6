import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { withArgument } from './harness/process-table.js';

const SECOND = 1000;
const LEASE_MS = 6 * SECOND;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, workers: 2, own: { postgres: 'durable' } });
});
afterAll(() => cluster.close());

/** When each process of the program was alive, in milliseconds since boot, in the order of their births. */
function lives(ledger: string): { from: number; to: number }[] {
  const found = new Map<string, { from: number; to: number }>();
  for (const line of readFileSync(ledger, 'utf8').trim().split('\n')) {
    const [name = '', at] = line.split(' ');
    const life = found.get(name);
    if (life) life.to = Number(at);
    else found.set(name, { from: Number(at), to: Number(at) });
  }
  return [...found.values()];
}

test('Postgres away for longer than the lease: sessions die by their guardian and never live twice at once', async () => {
  const api = await cluster.signIn();
  const ledger = join(cluster.folder, 'ledger');
  const { id } = await api.runningSession(programs.heartbeat(ledger));
  await eventually(() => withArgument(ledger).length > 0, { what: 'the program runs' });

  await cluster.postgres.stop('SIGKILL');
  const away = performance.now();
  await eventually(() => withArgument(ledger).length === 0, { within: LEASE_MS, what: 'its guardian ends it before the lease does' });
  expect(performance.now() - away).toBeLessThan(LEASE_MS);
  await cluster.postgres.start();
  await api
    .sessionWhen(id, 'given up', ({ status }) => status === 'suspended', 20 * SECOND)
    .catch(async () => api.sessionWhen(id, 'given up', ({ status }) => status === 'suspended'));
  await api.expect('POST', `/v1/sessions/${id}/wake`);
  await eventually(() => withArgument(ledger).length > 0, { within: 20 * SECOND, what: 'the woken program runs' });

  const [first, second, ...others] = await eventually(() => lives(ledger).length >= 2 && lives(ledger), {
    what: 'both lives are in the ledger',
  });
  expect(others).toEqual([]);
  expect(second?.from).toBeGreaterThan(first?.to ?? Infinity);
});
