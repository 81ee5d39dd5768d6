import { BerthPeer } from '../peers/berth.js';
import { startSingleWsBehindNginx } from '../peers/nginx.js';
import { closePeers, startPeers } from '../peers/peers.js';
import { startPubsub } from '../peers/pubsub.js';
import { startSingleWs } from '../peers/single-ws.js';
import type { Terminal } from '../peers/peer.js';
import { startTtyd } from '../peers/ttyd.js';
import { quantile, shuffled } from '../statistics.js';
import { atMost } from '../suite.js';
import type { PreparedSuite, Ratio, Sample, Suite, SuiteContext } from '../suite.js';
import { openEcho, typeKeys } from './keystrokes.js';

const KEYS = 400;
const P50 = 'echo p50 µs';
const P99 = 'echo p99 µs';

const ratios: Ratio[] = [
  { title: 'echo / single ws', metric: P50, of: 'berth', to: 'single ws', goal: atMost(2.2, 1.3) },
  { title: 'echo / single ws behind nginx', metric: P50, of: 'berth', to: 'single ws behind nginx' },
  { title: 'echo / ttyd behind nginx', metric: P50, of: 'berth', to: 'ttyd behind nginx', goal: atMost(2.2, 1.3) },
  { title: 'echo / berth over redis pub/sub', metric: P50, of: 'berth', to: 'berth over redis pub/sub', goal: atMost(0.65, 0.4) },
  { title: 'echo, log on / log off', metric: P50, of: 'berth', to: 'berth without log', goal: atMost(1.1, 1.03) },
  { title: 'echo p99 / single ws', metric: P99, of: 'berth', to: 'single ws' },
];

async function prepare({ ttyd }: SuiteContext): Promise<PreparedSuite> {
  const peers = await startPeers([
    () => BerthPeer.start(),
    () => BerthPeer.start({ name: 'berth without log', flags: ['no-log'] }),
    startPubsub,
    startSingleWs,
    startSingleWsBehindNginx,
    ...(ttyd === undefined ? [] : [() => startTtyd(ttyd, { behindNginx: true })]),
  ]);
  const terminals = new Map<string, Terminal>();
  return {
    async round() {
      for (const peer of peers) if (!terminals.has(peer.name)) terminals.set(peer.name, await openEcho(peer));
      const samples: Sample[] = [];
      for (const [variant, terminal] of shuffled([...terminals])) {
        const latencies = await typeKeys(terminal, KEYS);
        samples.push({ metric: P50, variant, value: quantile(latencies, 0.5) }, { metric: P99, variant, value: quantile(latencies, 0.99) });
      }
      return samples;
    },
    async close() {
      for (const terminal of terminals.values()) await terminal.close();
      await closePeers(peers);
    },
  };
}

export const echo: Suite = {
  about: `From a key to its echo, one session each, ${KEYS} keys a round, nothing else going on.`,
  rounds: 12,
  ratios,
  prepare,
};
