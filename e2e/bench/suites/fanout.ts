import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import parser from 'socket.io-msgpack-parser';
import { BerthPeer } from '../peers/berth.js';
import type { Terminal } from '../peers/peer.js';
import { ReferenceProcess } from '../peers/reference.js';
import { cpuSeconds } from '../process-cost.js';
import { shuffled } from '../statistics.js';
import { atMost } from '../suite.js';
import type { PrepareSuite } from '../suite.js';

const VIEWERS = 500;
const MESSAGE_BYTES = 1024;
const EVERY_MS = 100;
const TIMES = 40;
const COST = 'gateway cpu µs a delivery';

/** Writes a line of one message each time, for ever, after a key. */
const ticker = (): string[] => [
  process.execPath,
  '-e',
  `process.stdin.once('data', () => setInterval(() => process.stdout.write('x'.repeat(${MESSAGE_BYTES - 2}) + '\\n'), ${EVERY_MS}))`,
];

async function berthViewers(berth: BerthPeer): Promise<{ cost(): Promise<number> }> {
  const session = await berth.api.runningSession(ticker());
  const viewers: Terminal[] = [];
  for (let index = 0; index < VIEWERS; index += 1) viewers.push(await berth.attach(session.id));
  viewers[0]?.write(Buffer.from('\n'));
  return {
    async cost() {
      let received = 0;
      for (const viewer of viewers) viewer.onOutput = (bytes) => (received += bytes.length);
      const { front } = berth.processes();
      const before = cpuSeconds(front);
      await sleep(EVERY_MS * TIMES);
      return ((cpuSeconds(front) - before) * 1e6) / (received / MESSAGE_BYTES);
    },
  };
}

async function roomViewers(server: ReferenceProcess): Promise<{ cost(): Promise<number>; close(): void }> {
  const sockets: Socket[] = [];
  let received = 0;
  for (let index = 0; index < VIEWERS; index += 1) {
    const socket = io(`http://127.0.0.1:${server.port}`, { transports: ['websocket'], parser, forceNew: true });
    socket.on('output', () => (received += 1));
    await once(socket as unknown as NodeJS.EventEmitter, 'connect');
    sockets.push(socket);
  }
  return {
    async cost() {
      received = 0;
      const before = cpuSeconds([server.pid]);
      server.send({ bytes: MESSAGE_BYTES, everyMs: EVERY_MS, times: TIMES });
      while (received < VIEWERS * TIMES) await sleep(EVERY_MS);
      return ((cpuSeconds([server.pid]) - before) * 1e6) / received;
    },
    close: () => sockets.forEach((socket) => socket.disconnect()),
  };
}

/** 500 viewers of one session that writes 1 KiB ten times a second; what one delivery costs the process that serves them. */
export const fanout: PrepareSuite = async ({ say }) => {
  say(`connecting ${VIEWERS} viewers, twice`);
  const berth = await BerthPeer.start();
  const server = await ReferenceProcess.start('socket-io-room');
  const viewers = await berthViewers(berth);
  const room = await roomViewers(server);
  const variants: [string, () => Promise<number>][] = [
    ['berth', () => viewers.cost()],
    ['socket.io room', () => room.cost()],
  ];
  return {
    ratios: [
      {
        title: '500 viewers: gateway cpu per delivery / socket.io room',
        metric: COST,
        of: 'berth',
        to: 'socket.io room',
        goal: atMost(0.5, 0.3),
      },
    ],
    async round() {
      const samples = [];
      for (const [variant, cost] of shuffled(variants)) samples.push({ metric: COST, variant, value: await cost() });
      return samples;
    },
    async close() {
      room.close();
      await server.close();
      await berth.close();
    },
  };
};
