import { VIEWER_WINDOW, encodeServerFrame } from '@berth/protocol';
import { seededBytes, waitFor } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import type { ByteClient } from './testing/byte-client.js';
import { byteLab } from './testing/byte-lab.js';
import { startByteServer } from './testing/byte-server.js';
import { SEED } from './testing/seeded-host.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const lab = byteLab();

const types = (client: ByteClient): string[] => client.frames.map(({ type }) => type);
const states = (client: ByteClient): string[] =>
  client
    .of('state')
    .map(({ state: { epoch, state, closeReason, unreachable } }) => `${epoch} ${closeReason ?? state}${unreachable ? ' unreachable' : ''}`);

describe('output', () => {
  it('comes after an exact ATTACHED: what the ring has, then live', async () => {
    const run = await lab.session.claim();
    run.emit(100 * KIB);
    const client = lab.connect();
    const attached = await client.attach({ cols: 100, rows: 30 });
    expect(attached).toEqual({ type: 'attached', epoch: 1, head: 100 * KIB, from: 0, cols: 100, rows: 30, role: 1, lastInputSeq: 0 });
    await client.reaches(100 * KIB);
    for (let i = 0; i < 50; i++) run.emit(1 + i * 37);
    await client.reaches(run.head);
    expect(types(client).slice(0, 2)).toEqual(['attached', 'state']);
    expect(client.received).toBe(run.head);
    const later = lab.connect();
    await later.attach({ haveUpTo: run.head - 10, clientId: 'two' });
    await later.reaches(run.head);
    expect(later.received).toBe(10);
    expect(lab.session.logReads).toBe(0);
    await waitFor(() => run.acked === run.head);
  });

  it('is exact for an attach older than the ring while output goes on, 100 times', async () => {
    const run = await lab.session.claim({ ringBytes: 128 * KIB });
    const flood = setInterval(() => run.emit(5_000 + Math.floor(Math.random() * 60_000)), 1);
    try {
      run.emit(700 * KIB);
      for (let i = 0; i < 100; i++) {
        const client = lab.connect();
        const haveUpTo = Math.max(0, run.head - 600 * KIB);
        await client.attach({ haveUpTo, clientId: `c${i}` });
        await client.reaches(run.head + 100 * KIB);
        expect(client.gaps).toEqual([]);
        client.websocket.close(1000);
      }
    } finally {
      clearInterval(flood);
    }
    expect(lab.session.logReads).toBeGreaterThan(50);
  });

  it('reads the log for a viewer that fell behind, without holding others up', async () => {
    const run = await lab.session.claim({ ringBytes: 256 * KIB });
    const slow = lab.connect({ acks: false });
    const fast = lab.connect();
    await slow.attach({ clientId: 'slow' });
    await fast.attach({ clientId: 'fast' });
    for (let i = 0; i < 64; i++) {
      run.emit(64 * KIB);
      await fast.reaches(run.head);
    }
    await slow.reaches(VIEWER_WINDOW - 64 * KIB);
    expect(slow.at).toBeLessThanOrEqual(VIEWER_WINDOW);
    expect(Math.max(...lab.gateway.feeds.loads.map(({ outputBytes }) => outputBytes))).toBeLessThan(2 * VIEWER_WINDOW);
    while (slow.at < run.head) {
      const before = slow.at;
      slow.send({ type: 'ack', parsedUpTo: before });
      await slow.reaches(before + 1);
      expect(slow.at - before).toBeLessThanOrEqual(VIEWER_WINDOW);
    }
    run.emit(10);
    slow.send({ type: 'ack', parsedUpTo: slow.at });
    await slow.reaches(run.head);
    expect([slow.gaps, slow.received, run.acked]).toEqual([[], 4 * MIB + 10, 4 * MIB + 10]);
  });

  it('says exactly what it cannot have', async () => {
    const run = await lab.session.claim({ ringBytes: 100 * KIB });
    run.emit(1 * MIB);
    lab.session.logStart = 300 * KIB;
    const client = lab.connect();
    await client.attach();
    await client.reaches(run.head);
    expect(client.gaps).toEqual([{ type: 'gap', from: 0, to: 300 * KIB, reason: 'pruned' }]);
    // The log is gone altogether: the host still has its ring.
    lab.session.logStart = 10 * MIB;
    const second = lab.connect();
    await second.attach({ clientId: 'b' });
    await second.reaches(run.head);
    expect(second.gaps).toEqual([{ type: 'gap', from: 0, to: 924 * KIB, reason: 'pruned' }]);
  });

  it('refuses positions that nobody can have', async () => {
    const run = await lab.session.claim();
    run.emit(100);
    const ahead = lab.connect();
    await ahead.opened();
    ahead.send({ type: 'attach', haveUpTo: 101, cols: 80, rows: 24, wantsDrive: true, clientId: 'tab' });
    expect(await ahead.closed()).toBe(4422);
    const lying = lab.connect({ acks: false });
    await lying.attach();
    await lying.reaches(100);
    lying.send({ type: 'ack', parsedUpTo: 101 });
    expect(await lying.closed()).toBe(4422);
    const twice = lab.connect();
    await twice.attach();
    twice.send({ type: 'attach', haveUpTo: 0, cols: 80, rows: 24, wantsDrive: true, clientId: 'tab' });
    expect(await twice.closed()).toBe(4422);
  });
});

describe('input', () => {
  it('reaches the program once, in order, and is acknowledged; others only watch', async () => {
    const run = await lab.session.claim();
    const client = lab.connect();
    await client.attach();
    for (let i = 1; i <= 100; i++) client.type(i, `${i},`);
    await client.frame('inputAck', ({ lastApplied }) => lastApplied === 100);
    client.type(100, 'again,');
    client.type(101, 'end');
    await client.frame('inputAck', ({ lastApplied }) => lastApplied === 101);
    expect(run.received.join('')).toBe(`${Array.from({ length: 100 }, (_, i) => `${i + 1},`).join('')}end`);
    client.type(103, 'jump');
    expect(await client.closed()).toBe(4422);
    const viewer = lab.connect({ headers: { authorization: 'Bearer viewer' } });
    expect((await viewer.attach({ clientId: 'v' })).role).toBe(0);
    viewer.type(1, 'x');
    expect(await viewer.frame('reject')).toEqual({ type: 'reject', inputSeq: 1, code: 'forbidden' });
    viewer.send({ type: 'resize', cols: 10, rows: 10 });
    expect(run.cols).toBe(80);
  });

  it('goes on where it was after the connection to the host broke', async () => {
    const run = await lab.session.claim();
    const client = lab.connect();
    await client.attach();
    client.type(1, 'a');
    await client.frame('inputAck');
    const port = Number(lab.session.placement?.host?.address.split(':')[1]);
    await lab.session.kill();
    await client.frame('state', ({ state }) => state.unreachable === true);
    client.type(2, 'b');
    client.type(3, 'c');
    run.emit(1000);
    await lab.session.serve(port);
    await client.frame('inputAck', ({ lastApplied }) => lastApplied === 3);
    await client.reaches(1000);
    expect(run.received).toEqual(['a', 'b', 'c']);
    expect(states(client)).toEqual(['1 running', '1 running unreachable', '1 running']);
  });

  it('lets nobody be superseded by a connection that cannot answer any more', async () => {
    await lab.session.claim();
    const living = lab.connect();
    await living.attach();
    const ghost = lab.connect({ cutAtPing: true });
    await ghost.opened();
    ghost.send({ type: 'attach', haveUpTo: 0, cols: 80, rows: 24, wantsDrive: true, clientId: 'tab' });
    await ghost.closed();
    await waitFor(() => lab.gateway.server.count === 1);
    living.send({ type: 'ping', token: 7 });
    await living.frame('pong');
    expect(living.code).toBeUndefined();
  });

  it('supersedes the older connection of a client', async () => {
    const run = await lab.session.claim();
    const first = lab.connect();
    await first.attach();
    first.type(1, 'a');
    await first.frame('inputAck');
    const second = lab.connect();
    expect((await second.attach()).lastInputSeq).toBe(1);
    expect(await first.closed()).toBe(4409);
    second.type(2, 'b');
    await second.frame('inputAck', ({ lastApplied }) => lastApplied === 2);
    expect(run.received).toEqual(['a', 'b']);
  });

  it('resizes by the driver, and tells everybody', async () => {
    await lab.session.claim();
    const driver = lab.connect();
    await driver.attach();
    const viewer = lab.connect({ headers: { authorization: 'Bearer viewer' } });
    await viewer.attach({ clientId: 'v', cols: 10, rows: 10 });
    driver.send({ type: 'resize', cols: 132, rows: 43 });
    expect(await viewer.frame('resize')).toEqual({ type: 'resize', cols: 132, rows: 43 });
    await driver.frame('resize');
    driver.send({ type: 'ping', token: 99 });
    expect(await driver.frame('pong')).toEqual({ type: 'pong', token: 99 });
  });
});

describe('runs', () => {
  it('waits with a queued session, tells its state, attaches when it runs', async () => {
    const client = lab.connect();
    await client.opened();
    client.send({ type: 'attach', haveUpTo: 0, cols: 80, rows: 24, wantsDrive: true, clientId: 'tab' });
    await client.frame('state');
    client.type(1, 'too early');
    expect(await client.frame('reject')).toEqual({ type: 'reject', inputSeq: 1, code: 'session_unreachable' });
    expect(types(client)).not.toContain('attached');
    const run = await lab.session.claim();
    run.emit(10);
    await client.frame('attached');
    await client.reaches(10);
    expect(states(client)).toEqual(['0 queued', '1 running']);
  });

  it('gives a closed session to its end, then its state, then 1000', async () => {
    const run = await lab.session.claim({ ringBytes: 100 * KIB });
    run.emit(2 * MIB);
    const live = lab.connect();
    const lagging = lab.connect({ acks: false });
    await live.attach({ haveUpTo: run.head });
    await lagging.attach({ clientId: 'lagging' });
    await lagging.reaches(VIEWER_WINDOW);
    run.emit(100);
    run.say({ state: 'closed', closeReason: 'exited', exitCode: 3 });
    lab.session.record('exited', { status: 'closed', exitCode: 3 });
    expect(await live.closed()).toBe(1000);
    expect(live.at).toBe(run.head);
    expect(live.frames.at(-1)).toEqual({ type: 'state', state: { epoch: 1, state: 'closed', closeReason: 'exited', exitCode: 3 } });
    while (lagging.code === undefined) {
      lagging.send({ type: 'ack', parsedUpTo: lagging.at });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect([lagging.code, lagging.at, lagging.gaps]).toEqual([1000, run.head, []]);
    expect(states(lagging)).toEqual(['1 running', '1 exited']);
    await lab.session.kill();
    const late = lab.connect();
    expect(await late.attach()).toMatchObject({ epoch: 1, head: run.head, lastInputSeq: 0 });
    expect(await late.closed()).toBe(1000);
    expect([late.at, types(late).at(-1)]).toEqual([run.head, 'state']);
  });

  it('waits for the end of a closed run to be known before it says goodbye', async () => {
    const run = await lab.session.claim();
    const client = lab.connect();
    await client.attach();
    run.emit(10);
    await client.reaches(10);
    lab.session.record('exited', { status: 'closed', end: null });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.code).toBeUndefined();
    lab.session.record('exited', { status: 'closed' });
    expect(await client.closed()).toBe(1000);
  });

  it('keeps the viewers of a suspended session, and carries them over to its next run', async () => {
    const first = await lab.session.claim();
    const client = lab.connect();
    await client.attach();
    client.type(1, 'a');
    first.emit(500);
    await client.reaches(500);
    await lab.session.kill();
    lab.session.record('host_lost', { status: 'suspended' });
    await client.frame('state', ({ state }) => state.state === 'closed');
    client.type(2, 'nobody listens');
    expect(await client.frame('reject')).toEqual({ type: 'reject', inputSeq: 2, code: 'session_unreachable' });
    lab.session.queue();
    await client.frame('state', ({ state }) => state.state === 'queued');
    const second = await lab.session.claim();
    second.emit(300);
    await client.reaches(64 * MIB + 300);
    client.type(1, 'b');
    await client.frame('inputAck', ({ lastApplied }) => lastApplied === 1 && second.received.length > 0);
    expect(client.gaps).toEqual([{ type: 'gap', from: 500, to: 64 * MIB, reason: 'lost' }]);
    expect(states(client).filter((state) => !state.includes('unreachable'))).toEqual(['1 running', '1 host_lost', '1 queued', '2 running']);
    expect([first.received, second.received]).toEqual([['a'], ['b']]);
  });

  it('lets a viewer that saw more than the log attach again', async () => {
    const run = await lab.session.claim();
    run.emit(1000);
    const client = lab.connect();
    await client.attach();
    await client.reaches(1000);
    client.websocket.close(1000);
    await lab.session.kill();
    lab.session.record('host_lost', { status: 'suspended', end: 700 });
    const again = lab.connect();
    expect(await again.attach({ haveUpTo: 1000 })).toMatchObject({ from: 1000, head: 1000 });
    await lab.session.claim();
    lab.session.run?.emit(5);
    await again.reaches(64 * MIB + 5);
    expect(again.gaps).toEqual([{ type: 'gap', from: 1000, to: 64 * MIB, reason: 'lost' }]);
  });

  it('looks again where the host is when the host does not have the run', async () => {
    const run = await lab.session.claim();
    lab.session.run = undefined;
    const client = lab.connect();
    await client.opened();
    client.send({ type: 'attach', haveUpTo: 0, cols: 80, rows: 24, wantsDrive: true, clientId: 'tab' });
    await client.frame('state', ({ state }) => state.unreachable === true);
    lab.session.run = run;
    await client.frame('attached');
    run.emit(10);
    await client.reaches(10);
  });
});

describe('the fence', () => {
  it('hears nothing of a run that was replaced or is known to be closed', async () => {
    const run = await lab.session.claim();
    const client = lab.connect();
    await client.attach();
    run.emit(100);
    await client.reaches(100);
    lab.session.record('host_lost', { status: 'suspended' });
    await client.frame('state', ({ state }) => state.state === 'closed');
    run.emit(1);
    run.say({ state: 'running' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([client.at, states(client).at(-1)]).toEqual([100, '1 host_lost']);
  });

  it('is what keeps a zombie quiet: without it the byte arrives', async () => {
    const open = await startByteServer(lab.session, { fenced: false });
    try {
      const run = await lab.session.claim();
      const client = lab.connect({ to: open });
      await client.attach();
      run.emit(100);
      await client.reaches(100);
      lab.session.record('host_lost', { status: 'suspended' });
      await client.frame('state', ({ state }) => state.state === 'closed');
      run.emit(1);
      await client.reaches(101);
      client.websocket.terminate();
      await waitFor(() => open.feeds.count === 0);
    } finally {
      await open.close();
    }
  });
});

describe('fan-out', () => {
  it('builds one frame for all viewers', async () => {
    const run = await lab.session.claim();
    const watching = Array.from({ length: 20 }, () => lab.connect());
    for (const [index, client] of watching.entries()) await client.attach({ clientId: `c${index}` });
    for (let i = 0; i < 100; i++) run.emit(1 + (i % 7) * 1000);
    await Promise.all(watching.map((client) => client.reaches(run.head)));
    expect(encodeServerFrame({ type: 'output', offset: 0, data: seededBytes(SEED, 0, 1) })).toHaveLength(8);
    expect(lab.gateway.feeds.count).toBe(1);
  });
});
