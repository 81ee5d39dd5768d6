import { seededRandom, waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { CheckedViewer, openLive } from './testing/checked-viewer.js';
import { LinkLab } from './testing/link-lab.js';
import { flood, SeededSession } from './testing/seeded-session.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const lab = new LinkLab();
afterEach(() => lab.close());

describe('the hand-over from catching up to live', () => {
  it('is exact under flood, two gateways, any place to begin, any credit: a hundred times each', async () => {
    const session = new SeededSession(1 * MIB);
    session.emit(500_000);
    const { server, connection } = await lab.connected(session);
    const random = seededRandom(1);
    const stop = flood(session, 3_000);
    const attach = async (gateway: typeof connection, name: string) => {
      const viewers: CheckedViewer[] = [];
      const live = openLive(gateway, viewers);
      for (let round = 0; round < 100; round++) {
        const from = Math.max(session.ringStart + 200_000, session.head - random.int(0, 400_000));
        const credit = random.int(0, 50_000);
        const viewer = new CheckedViewer(live, session, { from, credit, clientId: `${name}-${String(round)}` });
        viewers.push(viewer);
        while (!viewer.joined) {
          await new Promise((resolve) => setImmediate(resolve));
          viewer.channel.addCredit(random.int(1, 50_000));
        }
        if (random.chance(0.5)) viewers.splice(viewers.indexOf(viewer), 1)[0]?.channel.close({ lost: false });
        if (random.chance(0.2)) random.pick(viewers.length > 0 ? viewers : [viewer]).resume();
      }
      return viewers;
    };
    const viewers = (await Promise.all([attach(connection, 'a'), attach(await lab.dial(server.port), 'b')])).flat();
    stop();
    const { head } = session;
    await waitFor(() => viewers.every((viewer) => viewer.at === head), 5_000, 'every viewer to have every byte');
    expect(viewers.length).toBeGreaterThan(50);
  });

  it('begins at the head at once, and needs no credit', async () => {
    const session = new SeededSession(1_000);
    session.emit(10);
    const { connection } = await lab.connected(session);
    const viewer = new CheckedViewer(openLive(connection, []), session, { from: 10, credit: 0 });
    await waitFor(() => viewer.joined);
  });
});

describe('catching up', () => {
  it('sends no more than the credit allows', async () => {
    const session = new SeededSession(1 * MIB);
    session.emit(300_000);
    const { connection } = await lab.connected(session);
    const viewer = new CheckedViewer(openLive(connection, []), session, { credit: 70_000 });
    await waitFor(() => viewer.at === 70_000);
    viewer.channel.addCredit(30_000);
    await waitFor(() => viewer.at === 100_000);
    expect(viewer.joined).toBe(false);
    viewer.resume(100_000, 500_000);
    await waitFor(() => viewer.joined);
    expect(viewer.at).toBe(300_000);
  });

  it('says behind when the ring has moved on, and goes on from where the viewer resumes', async () => {
    const session = new SeededSession(10_000);
    session.emit(50_000);
    const { connection } = await lab.connected(session);
    const viewer = new CheckedViewer(openLive(connection, []), session);
    await waitFor(() => viewer.log.includes('behind'));
    expect(viewer.at).toBe(40_000);
    viewer.resume(40_000);
    await waitFor(() => viewer.joined);
    expect(viewer.at).toBe(50_000);
  });

  it('says behind to a viewer that is overtaken while it has no credit', async () => {
    const session = new SeededSession(10_000);
    session.emit(10_000);
    const { connection } = await lab.connected(session);
    const viewer = new CheckedViewer(openLive(connection, []), session, { credit: 100 });
    await waitFor(() => viewer.at === 100);
    session.emit(9_000);
    viewer.channel.addCredit(1_000);
    await waitFor(() => viewer.log.includes('behind'));
    expect(viewer.at).toBe(9_000);
  });

  it('refuses an offset that the session has not reached, and takes the viewer out', async () => {
    const session = new SeededSession(1_000);
    session.emit(10);
    const { connection } = await lab.connected(session);
    const ahead = new CheckedViewer(openLive(connection, []), session, { from: 11 });
    const resuming = new CheckedViewer(openLive(connection, []), session, { clientId: 'other' });
    resuming.resume(11);
    await waitFor(() => ahead.log.length > 0 && resuming.log.length > 0);
    expect([ahead.log, resuming.log]).toEqual([['closed invalid_request'], ['closed invalid_request']]);
    await waitFor(() => session.watchers === 0);
    expect(session.attached).toBe(0);
  });
});

describe('live output', () => {
  it('is not sent to a gateway none of whose viewers takes it', async () => {
    const session = new SeededSession(1 * MIB);
    const { connection } = await lab.connected(session);
    let liveBytes = 0;
    const live = connection.openLive({
      output: (_offset, bytes) => (liveBytes += bytes.length),
      behind: () => undefined,
      resized: () => undefined,
      state: () => undefined,
      disconnected: () => undefined,
    });
    const viewer = new CheckedViewer(live, session);
    await waitFor(() => viewer.joined);
    session.emit(1_000);
    await waitFor(() => liveBytes === 1_000);
    viewer.at = 1_000;
    viewer.resume(1_000, 500);
    await waitFor(() => viewer.joined);
    viewer.resume(0, 0);
    viewer.channel.input(6, Buffer.from('x'));
    await waitFor(() => viewer.log.includes('ack 6'));
    session.emit(5_000);
    viewer.channel.input(7, Buffer.from('x'));
    await waitFor(() => viewer.log.includes('ack 7'));
    expect(liveBytes).toBe(1_000);
  });

  it('is shared by all sessions of a connection: a keystroke beside a flood does not wait for its end', async () => {
    const [noisy, quiet] = [new SeededSession(4 * MIB), new SeededSession(10_000)];
    noisy.emit(4 * MIB);
    const { connection } = await lab.connected(noisy, quiet);
    const beside: CheckedViewer[] = [];
    beside.push(new CheckedViewer(openLive(connection, beside), quiet));
    await waitFor(() => beside[0]?.joined);
    const catchingUp = new CheckedViewer(openLive(connection, []), noisy);
    let behindTheEcho = -1;
    const watch = setInterval(() => {
      if (behindTheEcho < 0 && beside[0]?.at === 5) behindTheEcho = catchingUp.at;
    });
    await waitFor(() => catchingUp.opened);
    quiet.emit(5);
    await waitFor(() => behindTheEcho >= 0);
    clearInterval(watch);
    expect(behindTheEcho).toBeLessThan(4 * MIB);
    await waitFor(() => catchingUp.joined);
  });

  it('carries state and size at their place in the output', async () => {
    const session = new SeededSession(4 * MIB);
    const { connection } = await lab.connected(session);
    const viewers: CheckedViewer[] = [];
    const seen: number[] = [];
    const live = connection.openLive({
      output: (offset, bytes) => viewers[0]?.live(offset, bytes),
      behind: () => undefined,
      resized: () => undefined,
      state: () => seen.push(viewers[0]?.at ?? -1),
      disconnected: () => undefined,
    });
    viewers.push(new CheckedViewer(live, session));
    await waitFor(() => viewers[0]?.joined);
    // Far more than the credit of the live channel.
    for (let i = 0; i < 60; i++) session.emit(64 * KIB);
    session.say({ epoch: 3, state: 'closing' });
    session.say({ epoch: 3, state: 'closed', closeReason: 'exited', exitCode: 0 });
    await waitFor(() => seen.length > 0);
    expect(seen).toEqual([60 * 64 * KIB]);
  });
});
