import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import { openDescriptors, residentMiB } from './harness/process-table.js';
import { RawSocket } from './harness/raw-socket.js';

const TIMES = 500;
const AT_ONCE = 6;
const BYTES = 20_000;
/** From here on a growing memory is a leak. */
const WARM = 100;
const GROWTH_MIB = 20;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
});
afterAll(() => cluster.close());

/** 20 KB that name themselves: no two runs print the same. */
const textOf = (run: number): string => `run ${run} prints this. `.repeat(BYTES / 10).slice(0, BYTES);

/** One program that prints and ends at once; every second one is watched live, all are read from the log afterwards. */
async function printAndExit(api: Api, run: number): Promise<void> {
  const text = textOf(run);
  const { id } = await api.createSession(['printf', '%s', text]);
  if (run % 2 === 0) {
    const viewer = await RawSocket.attach(cluster.address(), id, { clientId: 'reader' }, { token: api.token });
    const { code } = await viewer.closed;
    expect(code).toBe(1000);
    expect(viewer.text()).toBe(text);
    expect(viewer.kept('gap')).toEqual([]);
    expect(viewer.kept('state').at(-1)?.run).toMatchObject({ state: 'closed', closeReason: 'exited', exitCode: 0 });
  }
  const session = await api.sessionWhen(id, 'closed', ({ status }) => status === 'closed');
  expect(session).toMatchObject({ head: BYTES, run: { closeReason: 'exited', exitCode: 0 } });
  const log = await api.output(id);
  expect(log.bytes.toString('latin1')).toBe(text);
}

test(`a program that prints ${BYTES} bytes and ends at once loses none of them, ${TIMES} times`, async () => {
  const api = await cluster.signIn();
  const worker = cluster.worker();
  const measure = () => ({
    processes: worker.children().length,
    descriptors: openDescriptors(worker.pid),
    memory: residentMiB(worker.pid),
  });
  let next = 0;
  const upTo = async (end: number) => {
    const lane = async () => {
      while (next < end) await printAndExit(api, next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  };
  await upTo(WARM);
  const settled = () => eventually(() => worker.children().length === 1 && measure(), { what: 'only the guardian is left' });
  const before = await settled();
  await upTo(TIMES);
  // Pooled connections are given back when they have been idle for a while.
  await eventually(() => openDescriptors(worker.pid) <= before.descriptors, { within: 40_000, what: 'descriptors are as before' });
  const after = await settled();

  expect(after.processes).toBe(before.processes);
  expect(after.memory).toBeLessThanOrEqual(before.memory + GROWTH_MIB);
});
