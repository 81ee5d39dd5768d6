import { setTimeout as sleep } from 'node:timers/promises';
import type { AppProcess } from '../../harness/app-process.js';
import { liveMiB } from '../../harness/live-memory.js';
import { BerthPeer } from '../peers/berth.js';
import { openRoom } from '../peers/room.js';
import { cpuSeconds, residentBytes } from '../process-cost.js';
import { quantile } from '../statistics.js';

/** What came with the last ones is done by then. */
const SETTLE_MS = 3_000;
/** The same for the collections and compilations that follow hundreds of arrivals, on threads of their own. */
const CALM_MS = 20_000;
/** One beat of the gateways, and one renewal of all leases. */
const WINDOW_MS = 10_000;
/** A collection, or a compilation, that falls into one of them costs more than all idle ones together: the median counts. */
const WINDOWS = 6;
const MIB = 1024 * 1024;

/** What a process holds for all that it serves, after a collection. */
interface Memory {
  resident: number;
  /** Heap and buffers. */
  live: number;
}

/** Idle ones of a kind, and the processes that serve them. */
export interface Crowd {
  name: string;
  add(): Promise<void>;
  /** Takes one out. */
  remove(): Promise<void>;
  /** Bytes, once everything is quiet. */
  memory(): Promise<Memory>;
  /** Milliseconds of processor in a minute, once everything is quiet. */
  cpu(): Promise<number>;
  close(): Promise<void>;
}

type Member = () => Promise<unknown> | void;

interface CrowdParts {
  name: string;
  pids: number[];
  /** Adds one and returns how it leaves. */
  join(): Promise<Member>;
  /** Collects garbage; bytes that are left. */
  collect(): Promise<number>;
  close(): Promise<void>;
}

function crowdOf({ name, pids, join, collect, close }: CrowdParts): Crowd {
  const members: Member[] = [];
  return {
    name,
    add: async () => void members.push(await join()),
    remove: async () => void (await members.pop()?.()),
    async memory() {
      await sleep(SETTLE_MS);
      const live = await collect();
      return { live, resident: residentBytes(pids) };
    },
    async cpu() {
      await sleep(CALM_MS);
      const used: number[] = [];
      for (let window = 0; window < WINDOWS; window += 1) {
        const before = cpuSeconds(pids);
        await sleep(WINDOW_MS);
        used.push(cpuSeconds(pids) - before);
      }
      return quantile(used, 0.5) * 1_000 * (60_000 / WINDOW_MS);
    },
    close,
  };
}

const liveBytes = async (app: AppProcess): Promise<number> => (await liveMiB(app)) * MIB;

/** Viewers of one session; what they cost the gateway. */
export async function idleViewers(): Promise<Crowd> {
  const berth = await BerthPeer.start();
  const { id } = await berth.api.runningSession(['cat']);
  return crowdOf({
    name: 'viewer',
    pids: berth.processes().front,
    join: async () => {
      const viewer = await berth.attach(id);
      return () => viewer.detach();
    },
    collect: () => liveBytes(berth.cluster.gateway()),
    close: () => berth.close(),
  });
}

/** Clients in one socket.io room; what they cost its server. */
export async function idleClients(): Promise<Crowd> {
  const room = await openRoom();
  return crowdOf({
    name: 'socket.io client',
    pids: [room.pid],
    join: () => room.join(),
    collect: () => room.collect(),
    close: () => room.close(),
  });
}

/** Sessions without a program of their own, which would cost more than everything else; what they cost their host and its guardian. */
export async function idleSessions(slots: number): Promise<Crowd> {
  const berth = await BerthPeer.start({ slots, flags: ['echo-runner'] });
  return crowdOf({
    name: 'session',
    pids: berth.processes().behind,
    join: async () => {
      const { id } = await berth.api.runningSession(['cat']);
      return () => berth.api.expect('POST', `/v1/sessions/${id}/close`);
    },
    collect: () => liveBytes(berth.cluster.worker()),
    close: () => berth.close(),
  });
}
