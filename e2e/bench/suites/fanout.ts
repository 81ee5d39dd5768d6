import { BerthPeer } from '../peers/berth.js';
import { READY, untilReady } from '../peers/peer.js';
import type { Terminal } from '../peers/peer.js';
import { openRoom } from '../peers/room.js';
import { cpuSeconds } from '../process-cost.js';
import { shuffled } from '../statistics.js';
import { atMost } from '../suite.js';
import type { PreparedSuite, Suite, SuiteContext } from '../suite.js';

const VIEWERS = 500;
const MESSAGE_BYTES = 1024;
const EVERY_MS = 50;
const TIMES = 100;
const COST = 'gateway cpu µs a delivery';

/** Writes a line of one message each time, {@link TIMES} times after each key. */
const ticker = (): string[] => [
  process.execPath,
  '-e',
  `process.stdin.setRawMode(true).on('data', () => {
    let left = ${TIMES};
    const timer = setInterval(() => {
      process.stdout.write('x'.repeat(${MESSAGE_BYTES}));
      if (--left === 0) clearInterval(timer);
    }, ${EVERY_MS});
  });
  process.stdout.write('${READY}');`,
];

interface Audience {
  name: string;
  /** Microseconds of processor in the serving process for one delivery. */
  cost(): Promise<number>;
  close(): Promise<void>;
}

/** Serving process: its processor time while `deliver` runs. */
async function costOf(pids: number[], deliver: () => Promise<unknown>): Promise<number> {
  const before = cpuSeconds(pids);
  await deliver();
  return ((cpuSeconds(pids) - before) * 1e6) / (VIEWERS * TIMES);
}

async function berthAudience(): Promise<Audience> {
  const berth = await BerthPeer.start();
  const { id } = await berth.api.runningSession(ticker());
  const viewers: Terminal[] = [];
  for (let index = 0; index < VIEWERS; index += 1) viewers.push(await berth.attach(id));
  await Promise.all(viewers.map(untilReady));
  return {
    name: berth.name,
    cost: () =>
      costOf(berth.processes().front, async () => {
        const received = viewers.map(({ output }) => {
          let bytes = 0;
          return output.until('every line has come', (piece) => (bytes += piece.length) >= TIMES * MESSAGE_BYTES);
        });
        viewers[0]?.write(Buffer.from('\n'));
        await Promise.all(received);
      }),
    close: () => berth.close(),
  };
}

async function roomAudience(parser?: 'msgpack'): Promise<Audience> {
  const room = await openRoom(parser);
  for (let index = 0; index < VIEWERS; index += 1) await room.join();
  return {
    name: room.name,
    cost: () => costOf([room.pid], () => room.deliver({ bytes: MESSAGE_BYTES, everyMs: EVERY_MS, times: TIMES })),
    close: () => room.close(),
  };
}

async function prepare({ say }: SuiteContext): Promise<PreparedSuite> {
  say(`connecting ${VIEWERS} viewers, three times`);
  const audiences = [await berthAudience(), await roomAudience(), await roomAudience('msgpack')];
  for (const { cost } of audiences) await cost();
  return {
    async round() {
      const samples = [];
      for (const { name, cost } of shuffled(audiences)) samples.push({ metric: COST, variant: name, value: await cost() });
      return samples;
    },
    async close() {
      for (const audience of audiences) await audience.close();
    },
  };
}

export const fanout: Suite = {
  about: `${VIEWERS} viewers of one session that writes ${MESSAGE_BYTES} bytes ${1_000 / EVERY_MS} times a second: processor time of the process that serves them, for each delivery. Berth's viewers acknowledge what they have parsed, those of the room send nothing.`,
  rounds: 5,
  ratios: [
    {
      title: '500 viewers: gateway cpu per delivery / socket.io room',
      metric: COST,
      of: 'berth',
      to: 'socket.io room',
      goal: atMost(0.5, 0.3),
    },
    {
      title: '500 viewers: gateway cpu per delivery / socket.io room, msgpack',
      metric: COST,
      of: 'berth',
      to: 'socket.io room, msgpack',
    },
  ],
  prepare,
};
