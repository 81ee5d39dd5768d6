import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom, waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { CheckedViewer, openLive } from './testing/checked-viewer.js';
import { LinkLab } from './testing/link-lab.js';
import { flood, SeededSession } from './testing/seeded-session.js';

const MIB = 1024 * 1024;

const lab = new LinkLab();
afterEach(() => lab.close());

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory of buffers and objects that somebody still holds. */
function heldBytes(): number {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

describe('a gateway that does not read', () => {
  it('stops its own live output only, says behind when it reads again, and costs no memory', async () => {
    const session = new SeededSession(64_000);
    const { server, connection } = await lab.connected(session);
    const fast: CheckedViewer[] = [];
    fast.push(new CheckedViewer(openLive(connection, fast), session));
    const network = await lab.network(server.port);
    const second = await lab.dial(network.port);
    const slow: CheckedViewer[] = [];
    const log: string[] = [];
    const slowViewer = new CheckedViewer(openLive(second, slow, log), session, { clientId: 'slow' });
    slow.push(slowViewer);
    await waitFor(() => fast[0]?.joined && slowViewer.joined);

    network.stall();
    const before = heldBytes();
    for (let sent = 0; sent < 128 * MIB; sent += 32_000) {
      session.emit(32_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor(() => fast[0]?.at === session.head, 15_000);
    // Buffers are swept some time after the collection.
    await waitFor(() => heldBytes() - before < 16 * MIB, 10_000, 'the memory of what nobody holds');
    expect(slowViewer.at).toBeLessThan(16 * MIB);

    network.resume();
    await waitFor(() => log.includes('behind'), 10_000);
    slowViewer.at = session.ringStart;
    slowViewer.resume();
    await waitFor(() => slowViewer.joined);
    session.emit(10);
    await waitFor(() => slowViewer.at === session.head);
  });

  it('hears of the latest changes of size when it reads again, however many there were', async () => {
    const session = new SeededSession(MIB);
    const server = await lab.listen([session]);
    const network = await lab.network(server.port);
    const connection = await lab.dial(network.port);
    const viewers: CheckedViewer[] = [];
    const viewer = new CheckedViewer(openLive(connection, viewers), session);
    viewers.push(viewer);
    await waitFor(() => viewer.joined);
    network.stall();
    // More than a connection may have unsent.
    for (let i = 0; i < 1_000_000; i += 1_000) {
      for (let burst = 0; burst < 1_000; burst++) session.resize(100 + (burst % 50), 30);
      await new Promise((resolve) => setImmediate(resolve));
    }
    session.resize(71, 17);
    session.emit(10);
    network.resume();
    await waitFor(() => viewer.at === session.head && viewer.sizes.at(-1) === '0 71x17', 10_000);
    expect(session.released).toEqual([]);
  });

  it('is cut off before what nobody paces fills the memory', async () => {
    const session = new SeededSession(64_000);
    const server = await lab.listen([session]);
    const network = await lab.network(server.port);
    const closed: string[] = [];
    const connection = await lab.dial(network.port, { onClosed: (reason) => closed.push(reason) });
    const viewer = new CheckedViewer(openLive(connection, []), session);
    await waitFor(() => viewer.joined);
    network.stall();
    for (let i = 0; i < 4_000_000 && session.released.length === 0; i += 1_000) {
      for (let burst = 0; burst < 1_000; burst++) session.say({ epoch: 3, state: 'running' });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor(() => session.released.length > 0);
    expect(session.released).toEqual(['lost']);
  });
});

describe('a host that does not read', () => {
  it('is sent no more input than its connection carries, and all of it later, from everybody in turn', async () => {
    const session = new SeededSession(64_000);
    const server = await lab.listen([session]);
    const network = await lab.network(server.port);
    const connection = await lab.dial(network.port);
    const viewers: CheckedViewer[] = [];
    const live = openLive(connection, viewers);
    for (let i = 0; i < 40; i++) viewers.push(new CheckedViewer(live, session, { clientId: `tab-${String(i)}` }));
    await waitFor(() => viewers.every(({ joined }) => joined));

    network.deafenHost();
    const piece = new Uint8Array(MIB - 100);
    const waiting = new Set(viewers);
    const offer = () => {
      for (const viewer of waiting) if (viewer.channel.input(1, piece)) waiting.delete(viewer);
    };
    for (let turn = 0; turn < 50; turn++) {
      offer();
      expect(connection.buffered).toBeLessThan(2 * MIB);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(connection.open).toBe(true);
    expect(waiting.size).toBeGreaterThan(20);

    network.resume();
    const answered = () => viewers.filter(({ log }) => log.some((line) => line.startsWith('reject 1 ')));
    await waitFor(
      () => {
        for (const viewer of waiting) {
          if (viewer.log.at(-1) !== 'drained') continue;
          viewer.log.pop();
          if (viewer.channel.input(1, piece)) waiting.delete(viewer);
        }
        return answered().length === viewers.length;
      },
      10_000,
      'everybody to be answered',
    );
    expect(waiting.size).toBe(0);
  });
});

describe('a connection that breaks again and again', () => {
  it('leaves every viewer with every byte once', async () => {
    const session = new SeededSession(Infinity);
    const server = await lab.listen([session]);
    const network = await lab.network(server.port);
    const random = seededRandom(3);
    const stop = flood(session, 3_000);
    let at = 0;
    for (let round = 0; round < 50; round++) {
      const viewers: CheckedViewer[] = [];
      const connection = await lab.dial(network.port);
      const viewer = new CheckedViewer(openLive(connection, viewers), session, { from: at });
      viewers.push(viewer);
      const enough = at + random.int(1, 100_000);
      await waitFor(() => viewer.at >= enough);
      if (random.chance(0.5)) network.cut();
      else connection.close();
      await waitFor(() => !connection.open);
      at = viewer.at;
    }
    stop();
    await waitFor(() => session.watchers === 0);
    expect(session.released).toHaveLength(50);
    expect(session.attached).toBe(0);
  });
});
