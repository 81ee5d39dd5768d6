import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import parser from 'socket.io-msgpack-parser';
import { BerthPeer } from '../peers/berth.js';
import { ReferenceProcess } from '../peers/reference.js';
import { cpuSeconds, residentBytes } from '../process-cost.js';
import { atMost } from '../suite.js';
import type { PrepareSuite, Sample } from '../suite.js';

/** Up to here the fixed costs are spread; from there to the end it must cost as much for each. */
const STEPS = [10, 500, 1_000] as const;
const SETTLE_MS = 3_000;
const AT_ONCE = 20;
const MEMORY = 'KiB for each idle one';
const PROCESSOR = 'cpu ms a minute for each idle one';
const KIB = 1024;

interface Level {
  count: number;
  bytes: number;
  cpuMsAMinute: number;
}

async function rest(pids: number[], count: number): Promise<Level> {
  await sleep(SETTLE_MS);
  const before = cpuSeconds(pids);
  await sleep(SETTLE_MS);
  return { count, bytes: residentBytes(pids), cpuMsAMinute: (cpuSeconds(pids) - before) * 1_000 * (60_000 / SETTLE_MS) };
}

/** Adds up to each step and measures there. */
async function climb(pids: () => number[], add: (index: number) => Promise<void>): Promise<Level[]> {
  const levels: Level[] = [];
  let count = 0;
  for (const step of STEPS) {
    while (count < step) {
      const next = Array.from({ length: Math.min(AT_ONCE, step - count) }, (_, index) => add(count + index));
      await Promise.all(next);
      count += next.length;
    }
    levels.push(await rest(pids(), count));
  }
  return levels;
}

/** What each one costs between two steps. */
function slopes(levels: readonly Level[], what: string): Sample[] {
  return levels.slice(1).flatMap((level, index) => {
    const before = levels[index] ?? level;
    const more = level.count - before.count;
    const variant = `${what}, ${before.count} to ${level.count}`;
    return [
      { metric: MEMORY, variant, value: (level.bytes - before.bytes) / KIB / more },
      { metric: PROCESSOR, variant, value: (level.cpuMsAMinute - before.cpuMsAMinute) / more },
    ];
  });
}

async function idleViewers(): Promise<Sample[]> {
  const berth = await BerthPeer.start();
  try {
    const session = await berth.api.runningSession(['cat']);
    const add = async () => void (await berth.attach(session.id));
    return slopes(await climb(() => berth.processes().front, add), 'viewer');
  } finally {
    await berth.close();
  }
}

async function idleSockets(): Promise<Sample[]> {
  const server = await ReferenceProcess.start('socket-io-room');
  const sockets: Socket[] = [];
  try {
    const add = async () => {
      const socket = io(`http://127.0.0.1:${server.port}`, { transports: ['websocket'], parser, forceNew: true });
      sockets.push(socket);
      await once(socket as unknown as NodeJS.EventEmitter, 'connect');
    };
    return slopes(await climb(() => [server.pid], add), 'socket.io client');
  } finally {
    for (const socket of sockets) socket.disconnect();
    await server.close();
  }
}

async function idleSessions(): Promise<Sample[]> {
  const berth = await BerthPeer.start({ slots: STEPS[2] });
  try {
    const add = async () => void (await berth.api.runningSession(['cat']));
    return slopes(await climb(() => berth.processes().behind, add), 'session');
  } finally {
    await berth.close();
  }
}

/** What nobody uses must cost little, and as much for the thousandth as for the first. */
export const idle: PrepareSuite = ({ say }) => {
  const [, middle, last] = STEPS;
  const low = (what: string) => `${what}, ${STEPS[0]} to ${middle}`;
  const high = (what: string) => `${what}, ${middle} to ${last}`;
  return Promise.resolve({
    ratios: [
      {
        title: 'gateway memory per idle viewer / socket.io',
        metric: MEMORY,
        of: high('viewer'),
        to: high('socket.io client'),
        goal: atMost(0.6, 0.4),
      },
      { title: 'memory per idle viewer, 500-1,000 / 10-500', metric: MEMORY, of: high('viewer'), to: low('viewer'), goal: atMost(1.1, 1) },
      {
        title: 'memory per idle session, 500-1,000 / 10-500',
        metric: MEMORY,
        of: high('session'),
        to: low('session'),
        goal: atMost(1.1, 1),
      },
      { title: 'cpu per idle viewer, 500-1,000 / 10-500', metric: PROCESSOR, of: high('viewer'), to: low('viewer') },
      { title: 'cpu per idle session, 500-1,000 / 10-500', metric: PROCESSOR, of: high('session'), to: low('session') },
    ],
    async round() {
      const samples: Sample[] = [];
      for (const [name, measure] of [
        ['viewers', idleViewers],
        ['socket.io clients', idleSockets],
        ['sessions', idleSessions],
      ] as const) {
        say(`${STEPS[2]} idle ${name}`);
        samples.push(...(await measure()));
      }
      return samples;
    },
    close: () => Promise.resolve(),
  });
};
