import { randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { LinkOpen, LinkOpened, RunUpdate } from '@berth/protocol';
import { idFromUuid } from '@berth/protocol';
import type { Attachment, ServedSession, SessionListener, ViewerEvents, ViewerRequest } from '@berth/session';
import { seededBytes, verifySeeded, waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { LinkConnection, LiveChannel } from './index.js';
import { LinkError, LinkServer, connectLink } from './index.js';

const SEED = 11;
const SECRET = 'x'.repeat(32);
const hostId = idFromUuid('host', randomUUID());
const identity = { tenantId: idFromUuid('tenant', randomUUID()), sessionId: idFromUuid('session', randomUUID()), epoch: 3 };

/** A session that is nothing but seeded output: a ring that remembers the last `ringBytes`, whoever attaches may type. */
class SeededSession implements ServedSession {
  readonly identity = identity;
  readonly cols = 80;
  readonly rows = 24;
  readonly state: RunUpdate = { epoch: identity.epoch, state: 'running' };
  readonly received: string[] = [];
  readonly released: string[] = [];
  head = 0;
  parsedUpTo = 0;
  private readonly listeners = new Set<SessionListener>();
  private readonly viewers = new Map<string, ViewerEvents>();

  constructor(private readonly ringBytes: number) {}

  get ringStart(): number {
    return Math.max(0, this.head - this.ringBytes);
  }

  get watchers(): number {
    return this.listeners.size;
  }

  emit(length: number): void {
    const offset = this.head;
    this.head += length;
    for (const listener of this.listeners) listener.output(offset, seededBytes(SEED, offset, length));
  }

  say(update: RunUpdate): void {
    for (const listener of this.listeners) listener.state(update);
  }

  read(from: number, max: number): Uint8Array {
    if (from < this.ringStart || from > this.head) throw new RangeError('read outside the ring');
    return seededBytes(SEED, from, Math.min(max, this.head - from, 10_000));
  }

  watch(listener: SessionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  attach({ clientId }: ViewerRequest, events: ViewerEvents): Attachment {
    this.viewers.get(clientId)?.closed('superseded');
    this.viewers.set(clientId, events);
    return {
      role: 1,
      lastInputSeq: 5,
      input: (inputSeq, bytes) => {
        this.received.push(`${String(inputSeq)}:${Buffer.from(bytes).toString()}`);
        events.inputAck(inputSeq);
      },
      resize: (cols, rows) => {
        for (const listener of this.listeners) listener.resized(cols, rows);
      },
      detach: () => this.viewers.delete(clientId),
    };
  }

  acknowledge(_source: object, parsedUpTo: number): void {
    this.parsedUpTo = Math.max(this.parsedUpTo, parsedUpTo);
  }

  release(_source: object, how: 'left' | 'lost'): void {
    this.released.push(how);
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(session: SeededSession): Promise<LinkServer> {
  const server = await LinkServer.listen({
    secret: SECRET,
    hostId,
    incarnation: 1,
    listen: { host: '127.0.0.1', port: 0 },
    find: (tenantId, sessionId, epoch) =>
      tenantId === identity.tenantId && sessionId === identity.sessionId && epoch === identity.epoch ? session : undefined,
  });
  cleanups.push(() => server.close());
  return server;
}

const dial = (port: number, over: { secret?: string; incarnation?: number; onClosed?: (reason: string) => void } = {}) =>
  connectLink({ address: { host: '127.0.0.1', port }, hostId, incarnation: 1, gatewayId: 'gw-1', secret: SECRET, onClosed: () => undefined, ...over });

async function connected(session: SeededSession): Promise<{ connection: LinkConnection; server: LinkServer }> {
  const server = await listen(session);
  const connection = await dial(server.port);
  cleanups.push(() => {
    connection.close();
  });
  return { connection, server };
}

/** A gateway's view of one viewer: checks every byte against the seed and the offset that it must have. */
class CheckedViewer {
  at: number;
  joined = false;
  opened: LinkOpened | undefined;
  readonly log: string[] = [];
  readonly channel;

  constructor(live: LiveChannel, over: Partial<LinkOpen> = {}) {
    this.at = over.from ?? 0;
    const open = { ...identity, from: 0, credit: 1 << 30, principal: 'usr', clientId: 'tab', mayDrive: true, wantsDrive: true, cols: 80, rows: 24, ...over };
    this.channel = live.openViewer(open, {
      opened: (opened) => (this.opened = opened),
      output: (offset, bytes) => {
        expect(this.joined).toBe(false);
        this.take(offset, bytes);
      },
      join: () => (this.joined = true),
      behind: (ringStart) => {
        this.log.push('behind');
        this.at = ringStart;
      },
      inputAck: (applied) => this.log.push(`ack ${String(applied)}`),
      reject: (inputSeq, code) => this.log.push(`reject ${String(inputSeq)} ${code}`),
      closed: (code) => this.log.push(`closed ${code}`),
    });
  }

  live(offset: number, bytes: Uint8Array): void {
    if (this.joined && offset + bytes.length > this.at) this.take(Math.max(offset, this.at), bytes.subarray(Math.max(0, this.at - offset)));
  }

  private take(offset: number, bytes: Uint8Array): void {
    expect(offset).toBe(this.at);
    expect(verifySeeded(SEED, offset, bytes)).toBe(-1);
    this.at += bytes.length;
  }
}

function liveOf(connection: LinkConnection, viewers: CheckedViewer[], log: string[] = []): LiveChannel {
  return connection.openLive({
    output: (offset, bytes) => {
      for (const viewer of viewers) viewer.live(offset, bytes);
    },
    behind: () => {
      for (const viewer of viewers) viewer.joined = false;
      log.push('behind');
    },
    resized: (cols, rows) => log.push(`size ${String(cols)}x${String(rows)}`),
    state: (update) => log.push(update.state),
    disconnected: () => log.push('disconnected'),
  });
}

/** Emits bursts in their own turns until told to stop. */
function flood(session: SeededSession, bytes: number): () => void {
  let on = true;
  const burst = () => {
    if (!on) return;
    session.emit(1 + (session.head % bytes));
    setImmediate(burst);
  };
  burst();
  return () => (on = false);
}

describe('introductions', () => {
  it('refuse a gateway that does not hold the secret, and one that expects another incarnation', async () => {
    const server = await listen(new SeededSession(1));
    await expect(dial(server.port, { secret: 'y'.repeat(32) })).rejects.toMatchObject({ failure: 'unauthenticated' });
    await expect(dial(server.port, { incarnation: 2 })).rejects.toMatchObject({ failure: 'wrong_host' });
  });

  it('unmask a host that does not hold the secret', async () => {
    const impostor = await LinkServer.listen({ secret: 'y'.repeat(32), hostId, incarnation: 1, listen: { host: '127.0.0.1', port: 0 }, find: () => undefined });
    cleanups.push(() => impostor.close());
    await expect(dial(impostor.port)).rejects.toBeInstanceOf(LinkError);
  });

  it('need a secret of 32 bytes, and TLS beyond this machine', async () => {
    const options = { hostId, incarnation: 1, find: () => undefined };
    await expect(LinkServer.listen({ ...options, secret: '', listen: { host: '127.0.0.1', port: 0 } })).rejects.toThrow(/32 bytes/);
    await expect(LinkServer.listen({ ...options, secret: SECRET, listen: { host: '0.0.0.0', port: 0 } })).rejects.toThrow(/LINK_CERT/);
  });

  it('call a host that is not there unreachable', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    await new Promise((resolve) => taken.close(resolve));
    await expect(dial(port)).rejects.toMatchObject({ failure: 'unreachable' });
  });

  it('end a connection that talks nonsense and keep serving', async () => {
    const server = await listen(new SeededSession(1));
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.alloc(64, 0xff));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await dial(server.port)).open).toBe(true);
  });
});

describe('output over a link', () => {
  it('hands over from catching up to live without a step, under flood, a hundred times', async () => {
    const session = new SeededSession(1 << 20);
    session.emit(500_000);
    const { connection } = await connected(session);
    const viewers: CheckedViewer[] = [];
    const live = liveOf(connection, viewers);
    const stop = flood(session, 3_000);
    for (let round = 0; round < 100; round++) {
      const from = Math.max(session.ringStart, session.head - (round * 4_099) % 400_000);
      const viewer = new CheckedViewer(live, { from, clientId: `tab-${String(round)}` });
      viewers.push(viewer);
      await waitFor(() => viewer.joined, 5_000);
      if (round % 3 === 0) viewers.splice(viewers.indexOf(viewer), 1)[0]?.channel.close({ lost: false });
    }
    stop();
    const { head } = session;
    await waitFor(() => viewers.every((viewer) => viewer.at === head), 5_000);
  });

  it('sends no more catch-up output than the credit allows', async () => {
    const session = new SeededSession(1 << 20);
    session.emit(300_000);
    const { connection } = await connected(session);
    const viewer = new CheckedViewer(liveOf(connection, []), { credit: 70_000 });
    await waitFor(() => viewer.at === 70_000, 5_000);
    viewer.channel.addCredit(30_000);
    await waitFor(() => viewer.at === 100_000, 5_000);
    expect(viewer.joined).toBe(false);
    viewer.channel.resume(100_000, 500_000);
    await waitFor(() => viewer.joined, 5_000);
    expect(viewer.at).toBe(300_000);
  });

  it('says behind when the ring has moved on, and goes on from where the viewer resumes', async () => {
    const session = new SeededSession(10_000);
    session.emit(50_000);
    const { connection } = await connected(session);
    const viewer = new CheckedViewer(liveOf(connection, []));
    await waitFor(() => viewer.log.includes('behind'), 5_000);
    expect(viewer.at).toBe(40_000);
    viewer.channel.resume(40_000, 1 << 20);
    await waitFor(() => viewer.joined, 5_000);
    expect(viewer.at).toBe(50_000);
  });

  it('stops live output to a gateway that does not read, and to that one only', async () => {
    const session = new SeededSession(64_000);
    const { connection, server } = await connected(session);
    const fast: CheckedViewer[] = [];
    fast.push(new CheckedViewer(liveOf(connection, fast)));
    await waitFor(() => fast[0]?.joined === true, 5_000);
    const proxy = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      client.pipe(upstream);
      upstream.pipe(client);
      stalled.push(() => {
        upstream.unpipe(client);
        upstream.pause();
      });
      resumed.push(() => upstream.pipe(client));
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
    });
    const stalled: (() => void)[] = [];
    const resumed: (() => void)[] = [];
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => proxy.close());
    const second = await dial((proxy.address() as { port: number }).port);
    cleanups.push(() => {
      second.close();
    });
    const slow: CheckedViewer[] = [];
    const log: string[] = [];
    const slowLive = liveOf(second, slow, log);
    slow.push(new CheckedViewer(slowLive, { clientId: 'slow', from: session.head }));
    await waitFor(() => slow[0]?.joined === true, 5_000);
    for (const stall of stalled) stall();
    for (let sent = 0; sent < 8 << 20; sent += 32_000) {
      session.emit(32_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor(() => fast[0]?.at === session.head, 5_000);
    for (const resume of resumed) resume();
    await waitFor(() => log.includes('behind'), 10_000);
    slow[0]!.at = session.head;
    slow[0]!.channel.resume(session.head, 1 << 20);
    await waitFor(() => slow[0]?.joined === true, 5_000);
    session.emit(10);
    await waitFor(() => slow[0]?.at === session.head, 5_000);
  });

  it('refuses an offset that the session has not reached and a session that it does not run', async () => {
    const session = new SeededSession(1_000);
    session.emit(10);
    const { connection } = await connected(session);
    const ahead = new CheckedViewer(liveOf(connection, []), { from: 11 });
    const stale = new CheckedViewer(liveOf(connection, []), { epoch: 2 });
    await waitFor(() => ahead.log.length > 0 && stale.log.length > 0, 5_000);
    expect([ahead.log, stale.log]).toEqual([['closed invalid_request'], ['closed lease_lost']]);
  });
});

describe('the way back', () => {
  it('carries input, size, acknowledgement and state', async () => {
    const session = new SeededSession(1_000);
    session.emit(10);
    const { connection } = await connected(session);
    const log: string[] = [];
    const live = liveOf(connection, [], log);
    const viewer = new CheckedViewer(live);
    viewer.channel.input(6, Buffer.from('ls\r'));
    viewer.channel.resize(120, 40);
    live.ack(10);
    await waitFor(() => viewer.log.includes('ack 6') && log.includes('size 120x40') && session.parsedUpTo === 10, 5_000);
    expect(session.received).toEqual(['6:ls\r']);
    expect(viewer.opened).toEqual({ head: 10, ringStart: 0, cols: 80, rows: 24, role: 1, lastInputSeq: 5, state: session.state });
    session.say({ epoch: 3, state: 'closed', closeReason: 'exited', exitCode: 0 });
    await waitFor(() => log.includes('closed'), 5_000);
  });

  it('tells the older viewer of a client that it is superseded, and serves the newer one', async () => {
    const session = new SeededSession(1_000);
    const { connection } = await connected(session);
    const viewers: CheckedViewer[] = [];
    const live = liveOf(connection, viewers);
    const older = new CheckedViewer(live);
    await waitFor(() => older.joined, 5_000);
    viewers.push(new CheckedViewer(live));
    await waitFor(() => older.log.includes('closed superseded') && viewers[0]?.joined === true, 5_000);
    session.emit(5);
    await waitFor(() => viewers[0]?.at === 5, 5_000);
    expect(session.released).toEqual([]);
  });

  it('lets go of a session when the last viewer leaves, and says how', async () => {
    const session = new SeededSession(1_000);
    const { connection } = await connected(session);
    const viewer = new CheckedViewer(liveOf(connection, []));
    await waitFor(() => viewer.joined, 5_000);
    viewer.channel.close({ lost: true });
    await waitFor(() => session.released.length === 1, 5_000);
    expect(session.released).toEqual(['lost']);
    expect(session.watchers).toBe(0);
  });

  it('reports the loss of the host once, to the connection and to each live channel', async () => {
    const session = new SeededSession(1_000);
    const server = await listen(session);
    const closed: string[] = [];
    const connection = await dial(server.port, { onClosed: (reason) => closed.push(reason) });
    const log: string[] = [];
    const viewer = new CheckedViewer(liveOf(connection, [], log));
    await waitFor(() => viewer.joined, 5_000);
    await server.close();
    await waitFor(() => closed.length > 0, 5_000);
    expect(log).toEqual(['disconnected']);
    expect(connection.open).toBe(false);
    expect(session.released).toEqual(['lost']);
  });
});
