import { RawSocket } from '../../harness/raw-socket.js';
import { write } from '../../harness/frames.js';
import { BerthPeer } from '../peers/berth.js';
import { rawProgram, untilReady } from '../peers/peer.js';
import { residentBytes } from '../process-cost.js';
import { atMost } from '../suite.js';
import type { PreparedSuite, Suite } from '../suite.js';

const MIB = 1024 * 1024;
/** What the healthy viewer reads beside the stalled one. */
const FLOOD_BYTES = 64 * MIB;
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
  const look = setInterval(() => (most = Math.max(most, residentBytes(front))), LOOK_MS);
  try {
    let received = 0;
    const flooded = healthy.output.until('the flood has come', (bytes) => (received += bytes.length) >= FLOOD_BYTES);
    healthy.write(Buffer.from('\n'));
    await flooded;
  } finally {
    clearInterval(look);
  }
  silent?.destroy();
  await healthy.close();
  return (most - before) / MIB;
}

async function prepare(): Promise<PreparedSuite> {
  const berth = await BerthPeer.start();
  let warm = false;
  return {
    async round() {
      // The young generation reaches its size in a flood, whoever watches it: the first is thrown away.
      if (!warm) await growth(berth, false);
      warm = true;
      return [
        { metric: GROWTH, variant: 'beside a stalled viewer', value: await growth(berth, true) },
        { metric: GROWTH, variant: 'beside nobody', value: await growth(berth, false) },
      ];
    },
    close: () => berth.close(),
  };
}

export const stall: Suite = {
  about: `One viewer reads ${FLOOD_BYTES / MIB} MiB, another of the same session reads nothing: how far the resident memory of their gateway rises above what it was before.`,
  rounds: 5,
  ratios: [
    { title: 'gateway growth beside a stalled viewer, MiB', metric: GROWTH, of: 'beside a stalled viewer', goal: atMost(64, 16) },
    { title: 'gateway growth beside nobody, MiB', metric: GROWTH, of: 'beside nobody' },
  ],
  prepare,
};
