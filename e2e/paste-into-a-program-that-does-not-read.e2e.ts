import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededBytes } from '@berth/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cpuSeconds } from './bench/process-cost.js';
import { quantile } from './bench/statistics.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { EchoCrowd } from './harness/echo-crowd.js';
import { eventually } from './harness/eventually.js';
import { write } from './harness/frames.js';
import { liveMiB } from './harness/live-memory.js';
import { MetricsWatch } from './harness/metrics.js';
import { residentMiB } from './harness/process-table.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';
import { withSeed } from './harness/seed.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const QUEUE = MIB;
const PIECE = 64 * KIB;
/** Three times what the queue takes. */
const PIECES = 48;
/** What the kernel keeps for a terminal that nobody reads. */
const KERNEL = 64 * KIB;
const WATCHED_MS = 5_000;
const TYPED_MS = 2_000;
const TYPING = { sessions: 8, everyMs: 40 };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1, metrics: true });
});
afterAll(() => cluster.close());

test('a paste into a program that does not read costs nobody anything, and what was taken arrives', () =>
  withSeed(async (_random, seed) => {
    const api = await cluster.signIn();
    const worker = cluster.worker();
    const crowd = await EchoCrowd.start(api, [cluster.address()], TYPING.sessions);
    const goOn = join(cluster.folder, 'go-on');
    const session = await api.runningSession(programs.readsLate(goOn));
    let echoed = Buffer.alloc(0);
    const socket: RawSocket = await RawSocket.attach(
      cluster.address(),
      session.id,
      { clientId: 'paster', drive: true },
      {
        token: api.token,
        onFrame: (frame) => {
          if (frame.type !== 'output') return;
          echoed = Buffer.concat([echoed, frame.bytes]);
          socket.send(write.ack(echoed.length));
        },
      },
    );
    await eventually(() => echoed.toString('latin1') === programs.ready, { what: 'the program is ready' });
    await crowd.type(1_000, TYPING.everyMs);
    const before = { echo: quantile(await crowd.type(TYPED_MS, TYPING.everyMs), 0.5), live: await liveMiB(worker) };

    const resident = residentMiB(worker.pid);
    const watch = new MetricsWatch([worker, cluster.gateway()]);
    const cpu = cpuSeconds([worker.pid]);
    const pieces = Array.from({ length: PIECES }, (_, index) => seededBytes(seed, index * PIECE, PIECE));
    for (const [index, piece] of pieces.entries()) socket.input(index + 1, piece);
    // The program is asleep meanwhile; what its host does is all that is counted here.
    await sleep(WATCHED_MS);
    const spent = cpuSeconds([worker.pid]) - cpu;
    const grown = residentMiB(worker.pid) - resident;
    const refused = socket.kept('reject');
    const beside = quantile(await crowd.type(TYPED_MS, TYPING.everyMs), 0.5);
    await watch.stop();

    expect(spent).toBeLessThanOrEqual(1);
    expect(grown).toBeLessThan(16);
    expect((await liveMiB(worker)) - before.live).toBeLessThan(4);
    expect(watch.largest('berth_input_queue_bytes_largest')).toBeLessThanOrEqual(QUEUE);
    expect(watch.largest('berth_input_queue_bytes_largest')).toBeGreaterThan(QUEUE - PIECE);
    expect(watch.largest('berth_byte_input_bytes_largest')).toBeLessThanOrEqual(2 * MIB);

    // Every piece was either taken or refused by its number, and the numbers are used up.
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['input_full']));
    const numbers = new Set(refused.map(({ inputSeq }) => inputSeq));
    expect(numbers.size).toBe(refused.length);
    const taken = pieces.filter((_, index) => !numbers.has(index + 1));
    expect(taken.length * PIECE).toBeGreaterThan(QUEUE - PIECE);
    expect(taken.length * PIECE).toBeLessThanOrEqual(QUEUE + KERNEL);

    writeFileSync(goOn, '');
    const wanted = Buffer.concat(taken);
    await eventually(() => echoed.length >= programs.ready.length + wanted.length, { what: 'what was taken has come back' });
    socket.input(PIECES + 1, 'end');
    await socket.frame('inputAck', ({ lastApplied }) => lastApplied === PIECES + 1);
    await eventually(() => echoed.subarray(-3).toString() === 'end', { what: 'the program goes on reading' });
    expect(Buffer.compare(echoed.subarray(programs.ready.length, -3), wanted)).toBe(0);
    expect(socket.kept('reject')).toHaveLength(refused.length);
    // The echo of the others beside the paste, over what it was before or is again now: one of them may have had a slow moment.
    const again = quantile(await crowd.type(TYPED_MS, TYPING.everyMs), 0.5);
    expect(beside / Math.max(before.echo, again)).toBeLessThanOrEqual(2);
    socket.destroy();
  }));
