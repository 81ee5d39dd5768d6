import { shuffled } from '../statistics.js';
import { atMost } from '../suite.js';
import type { PreparedSuite, Ratio, Sample, Suite, SuiteContext } from '../suite.js';
import { idleClients, idleSessions, idleViewers } from './crowds.js';
import type { Crowd } from './crowds.js';

const [FEW, MORE, HALF, ALL] = [10, 100, 500, 1_000] as const;
const AT_ONCE = 20;
const KIB = 1024;

const RESIDENT = 'KiB resident for each idle one';
const LIVE = 'KiB live for each idle one';
const PROCESSOR = 'cpu ms a minute of all idle ones';

/** Brings a crowd to a size. */
async function fill(crowd: Crowd, from: number, to: number): Promise<void> {
  for (let count = from; count !== to;) {
    const now = Math.min(AT_ONCE, Math.abs(to - count));
    await Promise.all(Array.from({ length: now }, () => (to > count ? crowd.add() : crowd.remove())));
    count += Math.sign(to - count) * now;
  }
}

const variantOf = (crowd: string, from: number, to: number): string => `${crowd}, ${from} to ${to.toLocaleString('en')}`;
const sizeOf = (crowd: string, size: number): string => `${crowd}, ${size.toLocaleString('en')}`;
/** What {@link ALL} would cost if each one more cost what those up to {@link HALF} do. */
const lineOf = (crowd: string): string => `${sizeOf(crowd, ALL)} on a line through ${FEW} and ${HALF}`;

/** Memory on the way up: what has been let go of is not given back. */
async function memorySlopes(crowd: Crowd): Promise<Sample[]> {
  await fill(crowd, 0, FEW);
  const few = await crowd.memory();
  await fill(crowd, FEW, MORE);
  const more = await crowd.memory();
  await fill(crowd, MORE, ALL);
  const all = await crowd.memory();
  const slope = (metric: string, low: number, high: number, [from, to]: [number, number]) => ({
    metric,
    variant: variantOf(crowd.name, from, to),
    value: (high - low) / KIB / (to - from),
  });
  return [
    slope(LIVE, few.live, more.live, [FEW, MORE]),
    slope(LIVE, more.live, all.live, [MORE, ALL]),
    slope(RESIDENT, more.resident, all.resident, [MORE, ALL]),
  ];
}

/** Processor time on the way up once more, when everything that runs has been compiled; who has left is not free, the logs of sessions stay. */
async function processorTimes(crowd: Crowd): Promise<Sample[]> {
  await fill(crowd, ALL, FEW);
  const few = await crowd.cpu();
  await fill(crowd, FEW, HALF);
  const half = await crowd.cpu();
  await fill(crowd, HALF, ALL);
  const all = await crowd.cpu();
  const line = few + ((half - few) * (ALL - FEW)) / (HALF - FEW);
  return [
    { metric: PROCESSOR, variant: sizeOf(crowd.name, FEW), value: few },
    { metric: PROCESSOR, variant: sizeOf(crowd.name, HALF), value: half },
    { metric: PROCESSOR, variant: sizeOf(crowd.name, ALL), value: all },
    { metric: PROCESSOR, variant: lineOf(crowd.name), value: line },
  ];
}

const flat = (crowd: string): Ratio[] => [
  {
    title: `memory per idle ${crowd}, ${MORE}-${ALL} / ${FEW}-${MORE}`,
    metric: LIVE,
    of: variantOf(crowd, MORE, ALL),
    to: variantOf(crowd, FEW, MORE),
    goal: atMost(1.1, 1),
  },
  {
    title: `cpu of ${ALL.toLocaleString('en')} idle ${crowd}s / on a line through ${FEW} and ${HALF}`,
    metric: PROCESSOR,
    of: sizeOf(crowd, ALL),
    to: lineOf(crowd),
    goal: atMost(1.1, 1),
  },
];

function prepare({ say }: SuiteContext): Promise<PreparedSuite> {
  return Promise.resolve({
    async round() {
      const samples: Sample[] = [];
      for (const [open, slopes] of shuffled([
        [idleViewers, [memorySlopes, processorTimes]],
        [idleClients, [memorySlopes]],
        [idleSessions, [memorySlopes, processorTimes]],
      ] as const)) {
        const crowd = await open(ALL);
        try {
          say(`${ALL} of ${crowd.name}`);
          for (const measure of slopes) samples.push(...(await measure(crowd)));
        } finally {
          await crowd.close();
        }
      }
      return samples;
    },
    close: () => Promise.resolve(),
  });
}

export const idle: Suite = {
  about: `Up to ${ALL} viewers of one session, clients of a socket.io room, and sessions, which all do nothing: what each one more costs the process that serves it. Processor time is compared as a whole, because one more costs less than what a process uses without any varies by from one window to the next. Live memory is heap and buffers after a collection; resident memory begins to grow only when the room that a process has from its start is used up, so it is given for the later ones. Sessions run without a program of their own and count with host and guardian.`,
  rounds: 3,
  ratios: [
    {
      title: 'gateway memory per idle viewer / socket.io',
      metric: RESIDENT,
      of: variantOf('viewer', MORE, ALL),
      to: variantOf('socket.io client', MORE, ALL),
      goal: atMost(0.6, 0.4),
    },
    ...flat('viewer'),
    ...flat('session'),
  ],
  prepare,
};
