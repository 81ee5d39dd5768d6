import { waitFor } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FULL_MARK, TOO_SLOW_MS } from './limits.js';
import { monotonicClock } from './monotonic-clock.js';
import { ByteClient } from './testing/byte-client.js';
import type { ByteClientOptions } from './testing/byte-client.js';
import type { ByteServer } from './testing/byte-server.js';
import { startByteServer } from './testing/byte-server.js';
import { SeededSession } from './testing/seeded-host.js';

const KIB = 1024;
const MIB = 1024 * KIB;

let session: SeededSession;
let gateway: ByteServer;
let clients: ByteClient[];

beforeEach(async () => {
  session = new SeededSession();
  clients = [];
  gateway = await startByteServer(session);
});

afterEach(async () => {
  for (const { websocket } of clients) websocket.terminate();
  await waitFor(() => gateway.feeds.count === 0, 5_000, 'feeds are let go');
  await gateway.close();
  await session.kill();
  expect(gateway.failures).toEqual([]);
});

function connect(options: ByteClientOptions = {}): ByteClient {
  const client = new ByteClient(gateway.port, session.sessionId, options);
  clients.push(client);
  return client;
}

describe('viewers of different pace', () => {
  it('lose the one that takes nothing for a minute, and nobody else', async () => {
    const run = await session.claim();
    const stuck = connect({ acks: false });
    const fine = connect();
    await stuck.attach({ clientId: 'stuck' });
    await fine.attach({ clientId: 'fine' });
    run.emit(1 * MIB);
    await Promise.all([fine.reaches(run.head), stuck.reaches(FULL_MARK)]);
    gateway.feeds.beat(monotonicClock.now() + TOO_SLOW_MS - 10_000);
    gateway.feeds.beat(monotonicClock.now() + TOO_SLOW_MS);
    expect(await stuck.closed()).toBe(4408);
    run.emit(10);
    await fine.reaches(run.head);
    expect(fine.code).toBeUndefined();
  });

  it('are followed by the next when the furthest has left', async () => {
    const run = await session.claim({ ringBytes: 1 * MIB });
    const slow = connect({ acks: false });
    const fast = connect();
    await slow.attach({ clientId: 'slow' });
    await fast.attach({ clientId: 'fast' });
    run.emit(64 * KIB);
    await Promise.all([fast.reaches(run.head), slow.reaches(run.head)]);
    await waitFor(() => run.acked === run.head);
    slow.send({ type: 'ack', parsedUpTo: 10_000 });
    fast.websocket.close(1000);
    await fast.closed();
    await waitFor(() => gateway.feeds.loads.length === 1);
    expect(run.acked).toBe(run.head);
    slow.send({ type: 'ack', parsedUpTo: 40_000 });
    await waitFor(() => run.acked === 40_000, 5_000, 'the host hears how far the slow one is');
  });
});
