import { BerthPeer } from '../peers/berth.js';
import { rawProgram, READY } from '../peers/peer.js';
import { quantile, shuffled } from '../statistics.js';
import { atMost } from '../suite.js';
import type { PreparedSuite, Sample, Suite } from '../suite.js';

const MIB = 1024 * 1024;
/** Within the log's budget, and three times a host's ring. */
const WRITTEN = 12 * MIB;
/** As much as the ring holds. */
const PART = 4 * MIB;
/** Replays of each kind in a round; their median counts. One alone is over before the processors have their full speed. */
const TURNS = 9;
const TIME = 'replay ms/4 MiB';

/** Milliseconds until the next {@link PART} bytes have come, from attaching on. */
async function replay(berth: BerthPeer, sessionId: string, from: number): Promise<number> {
  const began = performance.now();
  const viewer = await berth.attach(sessionId, from);
  let received = 0;
  await viewer.output.until(`${PART} bytes are replayed`, (piece) => (received += piece.length) >= PART);
  const took = performance.now() - began;
  viewer.detach();
  return took;
}

async function prepare(): Promise<PreparedSuite> {
  const berth = await BerthPeer.start();
  const session = await berth.api.runningSession(rawProgram(`head -c ${WRITTEN} /dev/zero | tr '\\0' x; exec cat`));
  const head = READY.length + WRITTEN;
  const variants = { log: 0, ring: head - PART };
  return {
    async round() {
      for (let at = 0; at < head - PART; at += PART) await replay(berth, session.id, at);
      const times: Record<string, number[]> = {};
      for (let turn = 0; turn < TURNS; turn += 1)
        for (const [variant, from] of shuffled(Object.entries(variants)))
          (times[variant] ??= []).push(await replay(berth, session.id, from));
      return Object.entries(times).map(([variant, all]): Sample => ({ metric: TIME, variant, value: quantile(all, 0.5) }));
    },
    close: () => berth.close(),
  };
}

export const replaySuite: Suite = {
  about: `A new viewer gets ${PART / MIB} MiB of old output: the oldest of ${WRITTEN / MIB} MiB, which only the log has, and the newest, which the host still has. From the begin of its connection to the last byte.`,
  rounds: 15,
  ratios: [{ title: 'replay 4 MiB from the log / from the ring', metric: TIME, of: 'log', to: 'ring', goal: atMost(1.5, 1) }],
  prepare,
};
