import { randomUUID } from 'node:crypto';
import { idFromUuid } from '@berth/protocol';
import type { Clock, OutputLog, Runner, RunnerEvents } from '@berth/session';
import { Session } from '@berth/session';
import { seededBytes, seededRandom, waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { LinkConnection } from './index.js';
import { CheckedViewer, openLive } from './testing/checked-viewer.js';
import { LinkLab } from './testing/link-lab.js';
import { SEED } from './testing/seeded-session.js';

const MIB = 1024 * 1024;
const ACK_MS = 10;
/** Viewers that attach, at each gateway. */
const ROUNDS = 40;
const lab = new LinkLab();
afterEach(() => lab.close());

const clock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** A program that writes seeded bytes as fast as it is read, and echoes nothing. */
class Flood implements Runner {
  written = 0;
  readonly typed: string[] = [];
  private on = true;
  private events: RunnerEvents | undefined;

  get paused(): boolean {
    return !this.on;
  }

  async start(events: RunnerEvents): Promise<object> {
    this.events = events;
    this.go();
    return Promise.resolve({});
  }

  write(bytes: Uint8Array): number {
    this.typed.push(Buffer.from(bytes).toString());
    return bytes.length;
  }

  resize(): void {}

  pause(): void {
    this.on = false;
  }

  resume(): void {
    this.on = true;
    this.go();
  }

  kill(): void {
    this.on = false;
    const { events } = this;
    this.events = undefined;
    events?.exit({ exitCode: 0 });
  }

  private go(): void {
    setImmediate(() => {
      if (!this.on || !this.events) return;
      const bytes = seededBytes(SEED, this.written, 1 + (this.written % 4_096));
      this.written += bytes.length;
      this.events.data(bytes);
      this.go();
    });
  }
}

function startSession(runner: Runner): Session {
  const log: OutputLog = { append: () => Promise.resolve('ok'), mark: () => Promise.resolve('ok') };
  const session = new Session({
    identity: { tenantId: idFromUuid('tenant', randomUUID()), sessionId: idFromUuid('session', randomUUID()), epoch: 1 },
    base: 0,
    limit: 64 * MIB,
    cols: 80,
    rows: 24,
    runner,
    log,
    offsets: { reserve: async (limit) => Promise.resolve(limit) },
    lease: { valid: () => true },
    clock,
    onClosed: () => undefined,
  });
  void session.start();
  return session;
}

describe('a session behind a link', () => {
  it('reaches two gateways byte for byte, whoever joins and leaves, at the pace of what they have parsed', async () => {
    const program = new Flood();
    const session = startSession(program);
    const { server, connection } = await lab.connected(session);
    const gateways = [connection, await lab.dial(server.port)];
    const random = seededRandom(9);
    let stopped = false;

    const serve = async (gateway: LinkConnection, name: string): Promise<CheckedViewer[]> => {
      const viewers: CheckedViewer[] = [];
      const log: string[] = [];
      const live = openLive(gateway, viewers, log);
      const acks = setInterval(() => {
        const joined = viewers.filter((viewer) => viewer.joined);
        if (joined.length > 0) live.ack(Math.max(...joined.map((viewer) => viewer.at)));
        if (stopped) clearInterval(acks);
      }, ACK_MS);
      for (let round = 0; round < ROUNDS; round++) {
        const { ringStart, head } = session;
        const viewer = new CheckedViewer(live, session, { from: random.int(ringStart, head), clientId: `${name}-${String(round)}` });
        viewers.push(viewer);
        let resumed = 0;
        await waitFor(() => {
          // Under a flood the ring may be ahead of it more than once; each time a gateway's log would bring it close to the head.
          if (viewer.timesBehind > resumed) {
            resumed = viewer.timesBehind;
            viewer.resume(random.int(session.ringStart, session.head));
          }
          return viewer.joined;
        });
        viewer.channel.input(1, Buffer.from(`${name}${String(round)} `));
        await waitFor(() => viewer.log.includes('ack 1'));
        if (viewers.length > 5) viewers.shift()?.channel.close({ lost: random.chance(0.5) });
      }
      expect(log).toEqual([]);
      return viewers;
    };
    const viewers = (await Promise.all(gateways.map((gateway, index) => serve(gateway, 'ab'.charAt(index))))).flat();
    stopped = true;
    await waitFor(() => program.paused, 5_000, 'the program to wait for its viewers');

    session.close('cancelled');
    const { end } = await session.finished;
    await waitFor(() => viewers.every(({ at }) => at === end));
    expect(end).toBe(program.written);
    const typed = program.typed.join('').split(' ');
    for (const name of ['a', 'b']) {
      expect(typed.filter((word) => word.startsWith(name))).toEqual(
        Array.from({ length: ROUNDS }, (_, round) => `${name}${String(round)}`),
      );
    }
  });
});
