import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { CutProxy } from './harness/cut-proxy.js';
import { write } from './harness/frames.js';
import { eventually } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';
import { withSeed } from './harness/seed.js';
import { ResumingViewer, seededCheck } from './harness/viewer.js';

const MIB = 1024 * 1024;
/** A viewer that owes an acknowledgement for this long holds nobody up any more. */
const SILENT_MS = 5_000;
/** From the silence to the first byte: timers, and a program that has to be scheduled. */
const SLACK_MS = 1_000;
/** What a program may write while nobody paces it, bytes a second. */
const UNATTENDED = 8 * MIB;
/** A program that does this much a second is not frozen, however busy the machine is. */
const GOES_ON = 2 * MIB;
const AWAY_MS = 2_000;
const CUTS = 4;
/** What is read between two of them. */
const BETWEEN = 8 * MIB;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 2 });
});
afterAll(() => cluster.close());

interface Note {
  at: number;
  bytes: number;
}

/** What the program has noted: when it had written how much. */
const notes = (file: string): Note[] =>
  readFileSync(file, 'latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [at = NaN, bytes = NaN] = line.split(' ').map(Number);
      return { at, bytes };
    });

/** The longest time between two notes, milliseconds. */
const longestRest = (found: readonly Note[]): number =>
  found.reduce((longest, { at }, index) => Math.max(longest, at - (found[index - 1]?.at ?? at)), 0);

const bytesASecond = (found: readonly Note[]): number => {
  const [first, last] = [found[0], found.at(-1)];
  if (!first || !last) throw new Error('the program noted nothing');
  return ((last.bytes - first.bytes) / (last.at - first.at)) * 1_000;
};

test('a build goes on within 5 s when its only viewer goes silent, and waits for it again when it is back', () =>
  withSeed(async (_random, seed) => {
    const api = await cluster.signIn();
    const file = join(cluster.folder, 'silent');
    const { id } = await api.runningSession(programs.building(file, seed));
    const check = seededCheck(seed);
    let position = 0;
    let silent = false;
    const gaps: { from: number; to: number }[] = [];
    const socket: RawSocket = await RawSocket.attach(
      cluster.address(),
      id,
      { clientId: 'sole' },
      {
        token: api.token,
        keep: false,
        onFrame: (frame) => {
          if (frame.type === 'gap') {
            expect(frame.from).toBe(position);
            gaps.push(frame);
            position = frame.to;
          }
          if (frame.type !== 'output') return;
          expect(frame.offset).toBe(position);
          check(frame.offset, frame.bytes);
          position += frame.bytes.length;
          if (!silent) socket.send(write.ack(position));
        },
      },
    );
    const broken = (): void => {
      if (socket.broken) throw socket.broken;
    };
    await eventually(() => position > BETWEEN, { within: 30_000, what: 'the viewer reads' });

    silent = true;
    const before = notes(file).length;
    await sleep(SILENT_MS + 4_000);
    const after = notes(file).slice(before - 1);
    // It was held for the viewer first, or nothing of this is shown.
    expect(longestRest(after)).toBeGreaterThan(SILENT_MS - SLACK_MS);
    expect(longestRest(after)).toBeLessThan(SILENT_MS + SLACK_MS);
    const alone = after.slice(after.findIndex(({ at }, index) => at - (after[index - 1]?.at ?? at) > SILENT_MS - SLACK_MS));
    expect(bytesASecond(alone)).toBeGreaterThan(GOES_ON);
    expect(bytesASecond(alone)).toBeLessThan(UNATTENDED * 1.3);

    silent = false;
    socket.send(write.ack(position));
    await eventually(
      () => {
        broken();
        return (notes(file).at(-1)?.bytes ?? Infinity) - position < MIB;
      },
      { within: 30_000, what: 'the viewer has caught up' },
    );
    // What it missed is what the log no longer had, told exactly; since it is back it has missed nothing.
    const missed = gaps.length;
    const from = position;
    await eventually(() => position > from + BETWEEN, { within: 30_000, what: 'the viewer paces' });
    broken();
    expect(gaps).toHaveLength(missed);
    expect((notes(file).at(-1)?.bytes ?? Infinity) - position).toBeLessThan(2 * MIB);
    socket.destroy();
    await api.expect('POST', `/v1/sessions/${id}/close`);
  }));

test('a viewer that says goodbye holds nobody: what holds the program for a lost one is the grace', () =>
  withSeed(async (_random, seed) => {
    const api = await cluster.signIn();
    const file = join(cluster.folder, 'left');
    const { id } = await api.runningSession(programs.building(file, seed));
    let position = 0;
    const socket: RawSocket = await RawSocket.attach(
      cluster.address(),
      id,
      { clientId: 'polite' },
      {
        token: api.token,
        keep: false,
        onFrame: (frame) => {
          if (frame.type !== 'output') return;
          position = frame.offset + frame.bytes.length;
          socket.send(write.ack(position));
        },
      },
    );
    await eventually(() => position > 4 * MIB, { within: 30_000, what: 'the viewer reads' });
    await socket.detach();
    const before = notes(file).length;
    await sleep(AWAY_MS);
    expect(bytesASecond(notes(file).slice(before - 1))).toBeGreaterThan(GOES_ON);
    await api.expect('POST', `/v1/sessions/${id}/close`);
  }));

test('a viewer that is cut off under a flood and back in 2 s misses nothing', () =>
  withSeed(async (_random, seed) => {
    const api = await cluster.signIn();
    const file = join(cluster.folder, 'lost');
    const { id } = await api.runningSession(programs.building(file, seed));
    const network = { up: true, gateway: 0 };
    const proxy = await CutProxy.listen(() => (network.up ? cluster.gateway(network.gateway).port : 1));
    const viewer = new ResumingViewer({
      address: () => `http://127.0.0.1:${proxy.port}`,
      sessionId: id,
      token: api.token,
      clientId: 'lost',
      onBytes: seededCheck(seed),
    });
    for (let cut = 0; cut < CUTS; cut += 1) {
      await viewer.reaches(viewer.position + BETWEEN);
      const before = notes(file).length;
      network.up = false;
      proxy.cut();
      await sleep(AWAY_MS);
      // The program waits meanwhile: unattended it would have written 16 MiB.
      const after = notes(file);
      expect((after.at(-1)?.bytes ?? Infinity) - (after[before - 1]?.bytes ?? 0)).toBeLessThan(2 * MIB);
      network.gateway = 1 - network.gateway;
      network.up = true;
    }
    await viewer.reaches(viewer.position + BETWEEN);
    await viewer.stop();
    expect(viewer.attachments).toBe(CUTS + 1);
    expect(viewer.gaps).toEqual([]);
    await proxy.close();
  }));
