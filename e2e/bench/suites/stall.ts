import { setTimeout as sleep } from 'node:timers/promises';
import { RawSocket } from '../../harness/raw-socket.js';
import { write } from '../../harness/frames.js';
import { BerthPeer } from '../peers/berth.js';
import { rawProgram, untilReady } from '../peers/peer.js';
import { residentBytes } from '../process-cost.js';
import { atMost } from '../suite.js';
import type { PrepareSuite } from '../suite.js';

const MIB = 1024 * 1024;
/** What the healthy viewer reads beside the stalled one. */
const FLOOD_BYTES = 128 * MIB;
const LOOK_MS = 100;
const GROWTH = 'gateway growth MiB';

/** A viewer that reads nothing, beside one that reads a flood: how much the gateway grows for it, over a flood without one. */
async function growth(berth: BerthPeer, stalled: boolean): Promise<number> {
  const { id } = await berth.api.createSession(rawProgram('read go; exec yes'));
  const healthy = await berth.attach(id);
  await untilReady(healthy);
  const silent = stalled
    ? await RawSocket.attach(berth.cluster.address(), id, { clientId: 'stalled' }, { token: berth.api.token, keep: false })
    : undefined;
  silent?.send(write.ack(0));
  silent?.pause();
  const { front } = berth.processes();
  const before = residentBytes(front);
  let most = before;
  let received = 0;
  healthy.onOutput = (bytes) => (received += bytes.length);
  healthy.write(Buffer.from('\n'));
  while (received < FLOOD_BYTES) {
    most = Math.max(most, residentBytes(front));
    await sleep(LOOK_MS);
  }
  silent?.destroy();
  await healthy.close();
  return (most - before) / MIB;
}

/** Bounds that hold by themselves, not as a ratio: reported against 1 MiB, so that the goal reads in MiB. */
export const stall: PrepareSuite = async () => {
  const berth = await BerthPeer.start();
  // The young generation reaches its size in the first flood, whoever watches it.
  await growth(berth, false);
  return {
    ratios: [
      { title: 'stalled viewer: gateway growth, MiB', metric: GROWTH, of: 'beside a stalled viewer', to: 'one MiB', goal: atMost(64, 16) },
    ],
    async round() {
      return [
        { metric: GROWTH, variant: 'beside a stalled viewer', value: await growth(berth, true) },
        { metric: GROWTH, variant: 'beside nobody', value: await growth(berth, false) },
        { metric: GROWTH, variant: 'one MiB', value: 1 },
      ];
    },
    close: () => berth.close(),
  };
};
