import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { seededBytes } from '@berth/testing';
import { BerthPeer } from '../peers/berth.js';
import { rawProgram, untilReady } from '../peers/peer.js';
import type { Peer, Terminal } from '../peers/peer.js';
import { closePeers, startPeers } from '../peers/peers.js';
import { startSingleWs } from '../peers/single-ws.js';
import { startTtyd } from '../peers/ttyd.js';
import { cpuSeconds } from '../process-cost.js';
import { shuffled } from '../statistics.js';
import { atLeast, atMost } from '../suite.js';
import type { PreparedSuite, Ratio, Sample, Suite, SuiteContext } from '../suite.js';

/** One session is bimodal: whether reader and writer happen to share a core. */
const SESSIONS = 4;
/** Inside the log's budget of 16 MiB a run. */
const MIB = 1024 * 1024;
const BYTES = 12 * MIB;
const SEED = 7;

const SPEED = 'throughput MiB/s';
const COST = 'cpu ms/MiB';
const FRONT = 'gateway cpu ms/MiB';

const ratios: Ratio[] = [
  { title: 'throughput, 4 sessions / ttyd', metric: SPEED, of: 'berth', to: 'ttyd', goal: atLeast(0.8, 1.1) },
  { title: 'throughput, 4 sessions / single ws', metric: SPEED, of: 'berth', to: 'single ws' },
  { title: 'total cpu per MiB / ttyd', metric: COST, of: 'berth', to: 'ttyd', goal: atMost(2.2, 1.4) },
  { title: 'gateway cpu per MiB / ttyd', metric: FRONT, of: 'berth', to: 'ttyd', goal: atMost(0.5, 0.3) },
  { title: 'total cpu per MiB / single ws', metric: COST, of: 'berth', to: 'single ws' },
];

/** Reads one session to the end of the file; every byte is checked. */
async function receive(terminal: Terminal, wanted: number): Promise<void> {
  let [sum, received] = [0, 0];
  await terminal.output.until(`${BYTES} bytes have come`, (bytes) => {
    sum = crc32(bytes, sum);
    received += bytes.length;
    return received >= BYTES;
  });
  if (received !== BYTES || sum !== wanted) throw new Error(`${received} bytes with CRC ${sum}, wanted ${BYTES} with ${wanted}`);
}

/** Runs the sessions of one peer to their end. */
async function run(peer: Peer, argv: string[], wanted: number): Promise<Sample[]> {
  const terminals = await Promise.all(Array.from({ length: SESSIONS }, () => peer.open(argv)));
  await Promise.all(terminals.map(untilReady));
  const { front, behind } = peer.processes();
  const all = [...front, ...behind];
  const before = { all: cpuSeconds(all), front: cpuSeconds(front) };
  const began = performance.now();
  const received = terminals.map((terminal) => receive(terminal, wanted));
  for (const terminal of terminals) terminal.write(Buffer.from('\n'));
  await Promise.all(received).catch((error: unknown) => {
    throw new Error(`${peer.name}: ${(error as Error).message}`, { cause: error });
  });
  const seconds = (performance.now() - began) / 1_000;
  const after = { all: cpuSeconds(all), front: cpuSeconds(front) };
  for (const terminal of terminals) await terminal.close();
  const mib = (SESSIONS * BYTES) / MIB;
  const cost = (from: number, to: number) => ((to - from) * 1_000) / mib;
  return [
    { metric: SPEED, variant: peer.name, value: mib / seconds },
    { metric: COST, variant: peer.name, value: cost(before.all, after.all) },
    // Who has no gateway is its own.
    { metric: FRONT, variant: peer.name, value: front.length > 0 ? cost(before.front, after.front) : cost(before.all, after.all) },
  ];
}

async function prepare({ ttyd }: SuiteContext): Promise<PreparedSuite> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'));
  const file = join(folder, 'output');
  const content = seededBytes(SEED, 0, BYTES);
  writeFileSync(file, content);
  const wanted = crc32(content);
  const peers = await startPeers([() => BerthPeer.start(), startSingleWs, ...(ttyd === undefined ? [] : [() => startTtyd(ttyd)])]);
  // The program stays: what a terminal does with its last bytes when its program has gone is not measured here.
  const argv = rawProgram(`read go; cat ${file}; exec sleep 600`);
  const warm = new Set<Peer>();
  return {
    async round() {
      const samples: Sample[] = [];
      for (const peer of shuffled(peers)) {
        if (!warm.has(peer)) await run(peer, argv, wanted);
        warm.add(peer);
        samples.push(...(await run(peer, argv, wanted)));
      }
      return samples;
    },
    async close() {
      await closePeers(peers);
      rmSync(folder, { recursive: true });
    },
  };
}

export const throughput: Suite = {
  about: `${SESSIONS} programs that write ${BYTES / MIB} MiB each as fast as they can, each read by one client that checks a CRC; processor time of the processes that carry the bytes, for each MiB.`,
  rounds: 9,
  ratios,
  prepare,
};
