import { BerthPeer } from '../peers/berth.js';
import { rawProgram, READY } from '../peers/peer.js';
import { shuffled } from '../statistics.js';
import { atMost } from '../suite.js';
import type { PrepareSuite, Sample } from '../suite.js';

const MIB = 1024 * 1024;
/** Within the log's budget, and more than a host's ring. */
const WRITTEN = 12 * MIB;
const PART = 4 * MIB;
const TIME = 'replay ms/4 MiB';
/** The ring holds at least this much of what was last written. */
const RING = 1 * MIB;

/** Milliseconds until `bytes` have come, from attaching on. */
async function replay(berth: BerthPeer, sessionId: string, { from, bytes }: { from: number; bytes: number }): Promise<number> {
  const began = performance.now();
  const viewer = await berth.attach(sessionId, from);
  let received = 0;
  await new Promise<void>((resolve) => {
    viewer.onOutput = (piece) => {
      received += piece.length;
      if (received >= bytes) resolve();
    };
  });
  const took = performance.now() - began;
  viewer.detach();
  return took;
}

/** The same amount of old output from the log and from the host's ring; what the ring is short of is scaled. */
export const replaySuite: PrepareSuite = async () => {
  const berth = await BerthPeer.start();
  const session = await berth.api.runningSession(rawProgram(`head -c ${WRITTEN} /dev/zero | tr '\\0' x; exec cat`));
  const head = READY.length + WRITTEN;
  await replay(berth, session.id, { from: 0, bytes: head });
  const variants = {
    log: { from: 0, bytes: PART, scale: 1 },
    ring: { from: head - RING, bytes: RING, scale: PART / RING },
  };
  return {
    ratios: [{ title: 'replay from the log / from the ring', metric: TIME, of: 'log', to: 'ring', goal: atMost(1.5, 1) }],
    async round() {
      const samples: Sample[] = [];
      for (const [variant, { scale, ...range }] of shuffled(Object.entries(variants))) {
        samples.push({ metric: TIME, variant, value: (await replay(berth, session.id, range)) * scale });
      }
      return samples;
    },
    close: () => berth.close(),
  };
};
