import { once } from 'node:events';
import { FakeClock, waitFor } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { BEAT_MS, FULL_MARK, TOO_SLOW_MS } from './limits.js';
import type { ByteClient } from './testing/byte-client.js';
import { byteLab } from './testing/byte-lab.js';
import { startByteServer } from './testing/byte-server.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const lab = byteLab();

/** A gateway whose time passes only when a test says so. */
async function startFrozen() {
  const clock = new FakeClock();
  return { clock, gateway: await startByteServer(lab.session, { clock }) };
}

/** Resolves when a client has answered the pings that were sent to it, and the gateway has read the answers. */
async function heard(client: ByteClient): Promise<ByteClient> {
  for (let trip = 0; trip < 2; trip += 1) {
    client.websocket.ping();
    await once(client.websocket, 'pong');
  }
  return client;
}

describe('viewers of different pace', () => {
  it('lose the one that takes nothing for a minute, and nobody else', async () => {
    const { gateway, clock } = await startFrozen();
    try {
      const run = await lab.session.claim();
      const stuck = lab.connect({ to: gateway, acks: false });
      const fine = lab.connect({ to: gateway });
      await stuck.attach({ clientId: 'stuck' });
      await fine.attach({ clientId: 'fine' });
      run.emit(1 * MIB);
      await Promise.all([fine.reaches(run.head), stuck.reaches(FULL_MARK)]);
      for (let passed = 0; passed < TOO_SLOW_MS; passed += BEAT_MS) {
        clock.advance(BEAT_MS);
        await Promise.all([heard(stuck), heard(fine)]);
      }
      expect(stuck.code).toBeUndefined();
      clock.advance(BEAT_MS);
      expect(await stuck.closed()).toBe(4408);
      run.emit(10);
      await fine.reaches(run.head);
      expect(fine.code).toBeUndefined();
    } finally {
      await gateway.close();
    }
  });

  it('lose the one that has not said a word for two beats, and nobody else', async () => {
    const { gateway, clock } = await startFrozen();
    try {
      const run = await lab.session.claim();
      const gone = lab.connect({ to: gateway });
      const fine = lab.connect({ to: gateway });
      await gone.attach({ clientId: 'gone' });
      await fine.attach({ clientId: 'fine' });
      gone.websocket.pause();
      clock.advance(BEAT_MS);
      await heard(fine);
      expect(run.viewers).toBe(2);
      clock.advance(BEAT_MS);
      await waitFor(() => run.viewers === 1 && gateway.server.count === 1, 5_000, 'the silent one is let go');
      expect((await heard(fine)).code).toBeUndefined();
    } finally {
      await gateway.close();
    }
  });

  it('are followed by the next when the furthest has left', async () => {
    const run = await lab.session.claim({ ringBytes: 1 * MIB });
    const slow = lab.connect({ acks: false });
    const fast = lab.connect();
    await slow.attach({ clientId: 'slow' });
    await fast.attach({ clientId: 'fast' });
    run.emit(64 * KIB);
    await Promise.all([fast.reaches(run.head), slow.reaches(run.head)]);
    await waitFor(() => run.acked === run.head);
    slow.send({ type: 'ack', parsedUpTo: 10_000 });
    fast.websocket.close(1000);
    await fast.closed();
    await waitFor(() => lab.gateway.feeds.loads.length === 1);
    expect(run.acked).toBe(run.head);
    slow.send({ type: 'ack', parsedUpTo: 40_000 });
    await waitFor(() => run.acked === 40_000, 5_000, 'the host hears how far the slow one is');
  });
});
