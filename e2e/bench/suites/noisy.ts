import { BerthPeer } from '../peers/berth.js';
import { rawProgram, untilReady } from '../peers/peer.js';
import type { Peer, Terminal } from '../peers/peer.js';
import { closePeers, startPeers } from '../peers/peers.js';
import { startSingleWs } from '../peers/single-ws.js';
import { quantile, shuffled } from '../statistics.js';
import { atMost } from '../suite.js';
import type { PreparedSuite, Sample, Suite } from '../suite.js';
import { openEcho, typeKeys } from './keystrokes.js';

const KEYS = 200;
const BESIDE = 'echo p50 µs beside a flood';

async function startFlood(peer: Peer): Promise<Terminal> {
  const flood = await peer.open(rawProgram('read go; exec yes'));
  await untilReady(flood);
  return flood;
}

async function prepare(): Promise<PreparedSuite> {
  const peers = await startPeers([() => BerthPeer.start(), startSingleWs]);
  const echoes = new Map<Peer, Terminal>();
  return {
    async round() {
      for (const peer of peers) if (!echoes.has(peer)) echoes.set(peer, await openEcho(peer));
      const samples: Sample[] = [];
      for (const [peer, terminal] of shuffled([...echoes])) {
        const flood = await startFlood(peer);
        flood.write(Buffer.from('\n'));
        samples.push({ metric: BESIDE, variant: peer.name, value: quantile(await typeKeys(terminal, KEYS), 0.5) });
        await flood.close();
      }
      return samples;
    },
    close: () => closePeers(peers),
  };
}

export const noisy: Suite = {
  about: `Echo of one session, ${KEYS} keys a round, while another of the same host floods a client that keeps up.`,
  rounds: 9,
  ratios: [{ title: 'echo beside a flood / single ws beside a flood', metric: BESIDE, of: 'berth', to: 'single ws', goal: atMost(2, 1.3) }],
  prepare,
};
