import type { ControlAnswer, ErrorCode, SessionId } from '@berth/protocol';
import { idFromUuid, toProblem } from '@berth/protocol';
import { FakeClock, settle } from '@berth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../rest/api-error.js';
import type { ControlConnection, ControlConnectionEvents } from './control-connection.js';
import type { ControlStatus } from './control-socket.js';
import { ControlSocket } from './control-socket.js';

/** One connection in memory: the spec plays the gateway. */
class ScriptedConnection implements ControlConnection {
  readonly calls: { name: string; sessionId: string; answered: (answer: unknown) => void }[] = [];
  closed = false;

  constructor(
    readonly ticket: string,
    readonly events: ControlConnectionEvents,
  ) {}

  call(name: string, input: unknown, answered: (answer: unknown) => void): void {
    this.calls.push({ name, ...(input as { sessionId: string }), answered });
  }

  close(): void {
    this.closed = true;
  }

  get called(): string[] {
    return this.calls.map(({ name, sessionId }) => `${name} ${sessionId}`);
  }
}

const sessionId = idFromUuid('session', '0190a000-0000-7000-8000-000000000001');
const other = idFromUuid('session', '0190a000-0000-7000-8000-000000000002');
const refused = (code: ErrorCode): ControlAnswer => ({ ok: false, problem: toProblem(code, {}) });

let clock: FakeClock;
let connections: ScriptedConnection[];
let statuses: ControlStatus[];
let tickets: number;
let ticket: () => Promise<string>;
let random: number;

beforeEach(() => {
  clock = new FakeClock();
  connections = [];
  statuses = [];
  tickets = 0;
  ticket = async () => `t${++tickets}`;
  random = 0.5;
});

function controlSocket(): ControlSocket {
  const socket = new ControlSocket({
    baseUrl: 'https://berth.example.com',
    ticket: () => ticket(),
    openConnection: (request, events) => {
      const connection = new ScriptedConnection(request.ticket, events);
      connections.push(connection);
      return connection;
    },
    clock,
    random: () => random,
  });
  socket.onStatus((status) => statuses.push(status));
  return socket;
}

const last = (): ScriptedConnection => connections.at(-1) as ScriptedConnection;

async function connected(): Promise<ControlSocket> {
  const socket = controlSocket();
  await settle();
  last().events.connected();
  return socket;
}

describe('ControlSocket', () => {
  it('connects by itself, with a ticket for each connection', async () => {
    const socket = await connected();
    expect(socket.status).toBe('connected');
    last().events.closed();
    expect(socket.status).toBe('offline');
    await clock.run(250);
    expect(connections.map((connection) => connection.ticket)).toEqual(['t1', 't2']);
    last().events.connected();
    expect(statuses).toEqual(['connected', 'offline', 'connecting', 'connected']);
  });

  it('tries again after a refusal too, after a random part of a growing time', async () => {
    random = 0.999;
    controlSocket();
    await settle();
    const waits: number[] = [];
    for (let tries = 1; tries <= 6; tries += 1) {
      last().events.closed();
      const from = clock.now();
      while (connections.length === tries) await clock.run(25);
      waits.push(clock.now() - from);
    }
    for (const [index, ceiling] of [500, 1000, 2000, 4000, 5000, 5000].entries()) {
      expect(waits[index]).toBeGreaterThan(ceiling * 0.95);
      expect(waits[index]).toBeLessThanOrEqual(ceiling + 25);
    }
    random = 0;
    last().events.closed();
    await clock.run(0);
    expect(connections).toHaveLength(8);
  });

  it('begins with short waits again once it was connected', async () => {
    controlSocket();
    await settle();
    for (let tries = 0; tries < 5; tries += 1) {
      last().events.closed();
      await clock.run(5_000);
    }
    last().events.connected();
    last().events.closed();
    const before = connections.length;
    await clock.run(250);
    expect(connections).toHaveLength(before + 1);
  });

  it('gives a connection up that is not accepted in time', async () => {
    controlSocket();
    await settle();
    const [first] = connections;
    await clock.run(10_000);
    expect(first?.closed).toBe(true);
    await clock.run(250);
    expect(connections).toHaveLength(2);
    last().events.connected();
    // What the old one still says is not heard.
    first?.events.closed();
    expect(statuses.at(-1)).toBe('connected');
    expect(clock.pending).toBe(0);
  });

  it('waits for open() once nobody is signed in, and tries again by itself while the gateway is away', async () => {
    ticket = () => Promise.reject(new ApiError('unavailable', 0));
    const socket = controlSocket();
    await clock.run(300);
    expect(statuses).toEqual(['offline', 'connecting', 'offline']);
    ticket = () => Promise.reject(new ApiError('unauthenticated', 401));
    await clock.run(5_000);
    expect(socket.status).toBe('offline');
    expect(clock.pending).toBe(0);
    ticket = async () => 'again';
    socket.open();
    await settle();
    expect(last().ticket).toBe('again');
  });

  it('does not open a second connection while there is one', async () => {
    const socket = controlSocket();
    socket.open();
    await settle();
    socket.open();
    last().events.connected();
    socket.open();
    expect(connections).toHaveLength(1);
    last().events.closed();
    socket.open();
    socket.open();
    await settle();
    expect(connections).toHaveLength(2);
  });

  it('passes on what its schemas can read, and leaves the rest out', async () => {
    const socket = await connected();
    const heard: unknown[] = [];
    const stop = socket.on('session.presence', (presence) => heard.push(presence));
    socket.on('notice', (notice) => heard.push(notice));
    const viewer = {
      id: 'v1',
      userId: idFromUuid('user', sessionId.slice(4)),
      name: 'A',
      role: 'driver',
      since: '2026-01-01T00:00:00.000Z',
    };
    const { events } = last();
    events.event('session.presence', { sessionId, viewers: [viewer], fromTheFuture: 1 });
    events.event('session.presence', { sessionId, viewers: [{ ...viewer, role: 'king' }] });
    events.event('session.presence', undefined);
    events.event('notice', { level: 'info', text: 'hello' });
    events.event('toString', {});
    events.event('__proto__', {});
    events.event('task.updated', {});
    expect(heard).toEqual([
      { sessionId, viewers: [viewer] },
      { level: 'info', text: 'hello' },
    ]);
    stop();
    events.event('session.presence', { sessionId, viewers: [] });
    expect(heard).toHaveLength(2);
  });

  it('watches over reconnects, until the last of those who asked has had enough', async () => {
    const socket = controlSocket();
    const first = socket.watch(sessionId);
    await settle();
    expect(last().called).toEqual([]);
    last().events.connected();
    const second = socket.watch(sessionId);
    socket.watch(other);
    expect(last().called).toEqual([`session.watch ${sessionId}`, `session.watch ${sessionId}`, `session.watch ${other}`]);
    first();
    first();
    expect(last().calls).toHaveLength(3);
    last().events.closed();
    await clock.run(500);
    last().events.connected();
    expect(last().called).toEqual([`session.watch ${sessionId}`, `session.watch ${other}`]);
    second();
    expect(last().called.at(-1)).toBe(`session.unwatch ${sessionId}`);
  });

  it('asks again for what the gateway could not do just now, and only for that', async () => {
    const socket = await connected();
    const unwatch = socket.watch(sessionId);
    const answers: [SessionId, unknown][] = [
      [sessionId, refused('unavailable')],
      [other, refused('not_found')],
      [other, 'nonsense'],
      [other, { ok: true }],
    ];
    for (const [id, answer] of answers.slice(1)) {
      socket.watch(id);
      last().calls.at(-1)?.answered(answer);
    }
    expect(clock.pending).toBe(0);
    last().calls[0]?.answered(answers[0]?.[1]);
    await clock.run(2_000);
    expect(last().called.filter((call) => call.endsWith(sessionId))).toHaveLength(2);
    last().calls.at(-1)?.answered(refused('rate_limited'));
    unwatch();
    await clock.run(2_000);
    expect(last().called.at(-1)).toBe(`session.unwatch ${sessionId}`);
  });

  it('says nothing and does nothing after close', async () => {
    const socket = await connected();
    socket.close();
    expect(last().closed).toBe(true);
    expect(statuses).toEqual(['connected', 'offline']);
    socket.open();
    await clock.run(60_000);
    expect(connections).toHaveLength(1);
    const slow = controlSocket();
    slow.close();
    await settle();
    expect(connections).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
