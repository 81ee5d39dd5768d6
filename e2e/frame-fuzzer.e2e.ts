import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SeededRandom } from '@berth/testing';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { echoSession } from './harness/echo-session.js';
import { eventually, within } from './harness/eventually.js';
import { write } from './harness/frames.js';
import { liveMiB } from './harness/live-memory.js';
import { openDescriptors } from './harness/process-table.js';
import { RawSocket } from './harness/raw-socket.js';
import { withSeed } from './harness/seed.js';

const FRAMES = 200_000;
/** Frames of one connection. One that is refused ends it; what follows is sent all the same. */
const BURST = 200;
const AT_ONCE = 4;
/** From here on a growing memory is a leak. */
const WARM = FRAMES / 4;
const GROWTH_MIB = 8;
/** What the gateway's own pools may open and close meanwhile; a leak would be hundreds. */
const POOLED = 20;
/** Ends that the contract knows for what a fuzzer does; 1006: our side had gone on sending when the connection was gone. */
const CODES = [1003, 1006, 1009, 4422, 4429];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ gateways: 1 });
});
afterAll(() => cluster.close());

/** Makes frames of one connection: proper ones, proper ones with a byte changed, cut or added, and noise. */
class FrameSource {
  private sequence = 0;

  constructor(
    private readonly random: SeededRandom,
    /** How many frames in a hundred are improper. */
    private readonly badPercent: number,
  ) {}

  next(): Buffer {
    const frame = this.proper();
    return this.random.chance(this.badPercent / 100) ? this.spoil(frame) : frame;
  }

  private proper(): Buffer {
    const { random } = this;
    const make = random.pick([
      () => write.ping(random.int(0, 2 ** 32 - 1)),
      () => write.pong(random.int(0, 2 ** 32 - 1)),
      () => write.ack(0),
      () => write.resize(random.int(2, 1000), random.int(1, 500)),
      () => write.input(++this.sequence, Buffer.alloc(random.int(0, 64), 65)),
    ]);
    return make();
  }

  private spoil(frame: Buffer): Buffer {
    const { random } = this;
    const noise = (most: number) => Buffer.from(Array.from({ length: random.int(0, most) }, () => random.int(0, 255)));
    const how = random.pick([
      () => {
        frame.writeUInt8(random.int(0, 255), random.int(0, frame.length - 1));
        return frame;
      },
      () => frame.subarray(0, random.int(0, frame.length - 1)),
      () => Buffer.concat([frame, noise(9)]),
      () => noise(300),
      () => write.attach({ clientId: 'again', cols: random.int(0, 65_535), rows: random.int(0, 65_535), haveUpTo: random.int(0, 2 ** 31) }),
    ]);
    return how();
  }
}

test(`${FRAMES} frames of a fuzzer neither end the gateway nor grow it`, () =>
  withSeed(async (random) => {
    const api = await cluster.signIn();
    const { id } = await echoSession(api);
    const gateway = cluster.gateway();
    const worker = cluster.worker();
    const codes = new Map<number, number>();
    let sent = 0;

    const burst = async (lane: number) => {
      const socket = await RawSocket.open(cluster.address(), id, { token: api.token, keep: false });
      if (random.chance(0.9)) socket.send(write.attach({ clientId: `fuzzer-${lane}`, drive: true }));
      const source = new FrameSource(random, random.pick([0.1, 1, 20]));
      for (let i = 0; i < BURST; i += 1) socket.send(source.next());
      sent += BURST;
      // Whatever was still proper ends here.
      socket.send(Buffer.from([0]));
      const { code } = await within(20_000, `connection of lane ${lane} is closed`, socket.closed);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    };
    const upTo = async (frames: number) => {
      const lane = async (number: number) => {
        while (sent < frames) await burst(number);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => lane(number)));
    };

    await upTo(WARM);
    const before = { gateway: await liveMiB(gateway), worker: await liveMiB(worker), descriptors: openDescriptors(gateway.pid) };
    await upTo(FRAMES);
    await eventually(() => openDescriptors(gateway.pid) <= before.descriptors + POOLED, { what: 'every connection is given back' });
    expect(await liveMiB(gateway)).toBeLessThan(before.gateway + GROWTH_MIB);
    expect(await liveMiB(worker)).toBeLessThan(before.worker + GROWTH_MIB);
    expect([...codes.keys()].filter((code) => !CODES.includes(code))).toEqual([]);
    expect((await fetch(`${cluster.address()}/health`)).status).toBe(200);
    expect(await api.session(id)).toMatchObject({ status: 'running' });
  }));
