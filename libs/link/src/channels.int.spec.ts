import { waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { CheckedViewer, openLive } from './testing/checked-viewer.js';
import { LinkLab } from './testing/link-lab.js';
import { SeededSession } from './testing/seeded-session.js';

const lab = new LinkLab();
afterEach(() => lab.close());

describe('a viewer channel', () => {
  it('carries input, size, acknowledgement and state', async () => {
    const session = new SeededSession(1_000);
    session.emit(10);
    const { connection } = await lab.connected(session);
    const log: string[] = [];
    const viewers: CheckedViewer[] = [];
    const live = openLive(connection, viewers, log);
    const viewer = new CheckedViewer(live, session);
    viewers.push(viewer);
    viewer.channel.input(6, Buffer.from('ls\r'));
    viewer.channel.input(7, Buffer.alloc(1_001));
    viewer.channel.resize(120, 40);
    live.ack(10);
    await waitFor(() => viewer.log.length === 2 && viewer.sizes.includes('10 120x40') && session.parsedUpTo === 10);
    expect(viewer.log).toEqual(['ack 6', 'reject 7 input_full']);
    expect(session.received[0]).toBe('6:ls\r');
    expect(viewer.opened).toEqual({ head: 10, ringStart: 0, cols: 80, rows: 24, role: 1, lastInputSeq: 5, state: session.state });
    session.say({ epoch: 3, state: 'closed', closeReason: 'exited', exitCode: 0 });
    await waitFor(() => log.includes('closed'));
  });

  it('does not believe an acknowledgement of what was not sent', async () => {
    const session = new SeededSession(1_000);
    session.emit(10);
    const { connection } = await lab.connected(session);
    const live = openLive(connection, []);
    const viewer = new CheckedViewer(live, session);
    live.ack(11);
    await waitFor(() => viewer.joined);
    expect(session.parsedUpTo).toBe(10);
  });

  it('ends the older viewer of a client with `superseded`, and serves the newer one', async () => {
    const session = new SeededSession(1_000);
    const { server, connection } = await lab.connected(session);
    const viewers: CheckedViewer[] = [];
    const live = openLive(connection, viewers);
    const older = new CheckedViewer(live, session);
    await waitFor(() => older.joined);
    viewers.push(new CheckedViewer(live, session));
    await waitFor(() => older.log.includes('closed superseded') && viewers[0]?.joined);
    session.emit(5);
    await waitFor(() => viewers[0]?.at === 5);
    expect(session.released).toEqual([]);

    const elsewhere: CheckedViewer[] = [];
    elsewhere.push(new CheckedViewer(openLive(await lab.dial(server.port), elsewhere), session, { from: 5 }));
    await waitFor(() => viewers[0]?.log.includes('closed superseded') && elsewhere[0]?.joined);
    session.emit(5);
    await waitFor(() => elsewhere[0]?.at === 10);
    expect(session.released).toEqual(['left']);
    expect(session.attached).toBe(1);
  });

  it('supersedes nobody before its client has shown that it is there', async () => {
    const session = new SeededSession(1_000);
    const { server, connection } = await lab.connected(session);
    const viewers: CheckedViewer[] = [];
    viewers.push(new CheckedViewer(openLive(connection, viewers), session));
    await waitFor(() => viewers[0]?.joined);
    const elsewhere = openLive(await lab.dial(server.port), []);
    const ghost = new CheckedViewer(elsewhere, session);
    ghost.alive = false;
    const stranger = new CheckedViewer(elsewhere, session, { clientId: 'other' });
    await waitFor(() => stranger.joined);
    expect([ghost.opened, ghost.log, viewers[0]?.log]).toEqual([undefined, [], []]);
    ghost.channel.close({ lost: true });
    stranger.channel.close({ lost: false });
    await waitFor(() => session.released.length === 1);
    session.emit(5);
    await waitFor(() => viewers[0]?.at === 5);
    expect(session.attached).toBe(1);
  });

  it('is asked again when yet another connection of its client has attached since', async () => {
    const session = new SeededSession(1_000);
    const { server, connection } = await lab.connected(session);
    const first = new CheckedViewer(openLive(connection, []), session);
    await waitFor(() => first.joined);
    const late = new CheckedViewer(openLive(await lab.dial(server.port), []), session);
    late.alive = false;
    await waitFor(() => late.asked === 1);
    // It has answered, and was cut; what it said comes behind its own successor.
    const successor = new CheckedViewer(openLive(await lab.dial(server.port), []), session);
    await waitFor(() => successor.joined);
    late.channel.proven();
    await waitFor(() => late.asked === 2);
    expect([late.opened, successor.log]).toEqual([undefined, []]);
    late.channel.proven();
    await waitFor(() => late.joined && successor.log.includes('closed superseded'));
  });

  it('keeps the size that came while its client was asked', async () => {
    const session = new SeededSession(1_000);
    const { connection } = await lab.connected(session);
    const live = openLive(connection, []);
    const older = new CheckedViewer(live, session);
    await waitFor(() => older.joined);
    const newer = new CheckedViewer(live, session);
    newer.alive = false;
    newer.channel.resize(132, 43);
    newer.channel.proven();
    await waitFor(() => newer.joined);
    expect(session.requested).toMatchObject({ cols: 132, rows: 43 });
  });

  it('is closed by the host when the session says so', async () => {
    const session = new SeededSession(1_000);
    const { connection } = await lab.connected(session);
    const viewer = new CheckedViewer(openLive(connection, []), session);
    await waitFor(() => viewer.joined);
    session.end('tab', 'invalid_request');
    await waitFor(() => viewer.log.includes('closed invalid_request'));
    expect(session.watchers).toBe(0);
  });

  it('says `lease_lost` for a session or an epoch that the host does not run', async () => {
    const session = new SeededSession(1_000);
    const { connection } = await lab.connected(session);
    const stale = new CheckedViewer(openLive(connection, []), session, { epoch: 2 });
    const unknown = new CheckedViewer(openLive(connection, []), new SeededSession(1_000));
    await waitFor(() => stale.log.length > 0 && unknown.log.length > 0);
    expect([stale.log, unknown.log]).toEqual([['closed lease_lost'], ['closed lease_lost']]);
  });

  it('ends with `lease_lost` when a later run of the session is opened', async () => {
    const earlier = new SeededSession(1_000, 3);
    const later = new SeededSession(1_000, 4, earlier.identity.sessionId);
    const { connection } = await lab.connected(earlier, later);
    const before = new CheckedViewer(openLive(connection, []), earlier);
    await waitFor(() => before.joined);
    const after = new CheckedViewer(openLive(connection, []), later);
    await waitFor(() => after.joined && before.log.includes('closed lease_lost'));
    expect([earlier.watchers, later.watchers]).toEqual([0, 1]);
  });
});

describe('letting go of a session', () => {
  it.each(['lost', 'left'] as const)('says %s when the last viewer was', async (how) => {
    const session = new SeededSession(1_000);
    const { connection } = await lab.connected(session);
    const live = openLive(connection, []);
    const [first, last] = [new CheckedViewer(live, session), new CheckedViewer(live, session, { clientId: 'other' })];
    await waitFor(() => first.joined && last.joined);
    first.channel.close({ lost: how !== 'lost' });
    last.channel.close({ lost: how === 'lost' });
    await waitFor(() => session.released.length === 1);
    expect(session.released).toEqual([how]);
    expect([session.watchers, session.attached]).toEqual([0, 0]);
  });

  it('happens when the connection breaks, and each side hears of it once', async () => {
    const session = new SeededSession(1_000);
    const server = await lab.listen([session]);
    const network = await lab.network(server.port);
    const closed: string[] = [];
    const log: string[] = [];
    const connection = await lab.dial(network.port, { onClosed: (reason) => closed.push(reason) });
    const viewer = new CheckedViewer(openLive(connection, [], log), session);
    await waitFor(() => viewer.joined);
    network.cut();
    await waitFor(() => closed.length > 0 && session.released.length > 0);
    expect([log, session.released, closed.length]).toEqual([['disconnected'], ['lost'], 1]);
    expect([session.watchers, session.attached, connection.open]).toEqual([0, 0, false]);
    viewer.channel.input(6, Buffer.from('into the void'));
  });

  it('happens when the host shuts down', async () => {
    const session = new SeededSession(1_000);
    const { server, connection } = await lab.connected(session);
    const log: string[] = [];
    const viewer = new CheckedViewer(openLive(connection, [], log), session);
    await waitFor(() => viewer.joined);
    session.say({ epoch: 3, state: 'closed', closeReason: 'drained' });
    await server.close();
    await waitFor(() => log.includes('disconnected'));
    // What was said before the end arrives before the end.
    expect(log).toEqual(['closed', 'disconnected']);
    expect(session.released).toEqual(['lost']);
  });

  it('does not wait for a gateway that has stopped', async () => {
    const session = new SeededSession(4_000_000);
    const server = await lab.listen([session]);
    const network = await lab.network(server.port);
    const viewer = new CheckedViewer(openLive(await lab.dial(network.port), []), session);
    await waitFor(() => viewer.joined);
    network.stall();
    for (let i = 0; i < 100; i++) session.emit(60_000);
    await server.close();
    expect(session.watchers).toBe(0);
  });
});
