import type { ServerFrame } from '@berth/protocol';
import { ACK_STEP } from '@berth/protocol';
import { FakeClock, seededBytes, seededRandom, settle, verifySeeded } from '@berth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../rest/api-error.js';
import type { ConnectionState } from './byte-socket-events.js';
import type { Credential, TerminalPlace } from './byte-socket.js';
import { ByteSocket } from './byte-socket.js';
import { ScriptedSocket } from './testing/scripted-socket.js';

let clock: FakeClock;
let sockets: ScriptedSocket[];
let credentials: boolean[];
let states: ConnectionState[];
let told: string[];
let output: { offset: number; data: Uint8Array; done: () => void }[];
let answer: () => Credential;

beforeEach(() => {
  clock = new FakeClock();
  sockets = [];
  credentials = [];
  states = [];
  told = [];
  output = [];
  answer = () => ({ ticket: `t${credentials.length}` });
});

function byteSocket(options: { gateways?: string[]; from?: number; after?: TerminalPlace } = {}): ByteSocket {
  return new ByteSocket({
    sessionId: 'ses_1',
    clientId: 'tab',
    gateways: options.gateways ?? ['https://a.example.com'],
    credential: async (renew) => {
      credentials.push(renew);
      return answer();
    },
    openSocket: (request) => {
      const socket = new ScriptedSocket(request);
      sockets.push(socket);
      return socket;
    },
    cols: 80,
    rows: 24,
    wantsDrive: true,
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.after === undefined ? {} : { after: options.after }),
    clock,
    random: () => 0.5,
    events: {
      output: (offset, data, done) => output.push({ offset, data, done }),
      gap: (from, to, reason) => told.push(`gap ${from}-${to} ${reason}`),
      screen: ({ from, offset }) => told.push(`screen ${from}-${offset}`),
      state: ({ epoch, state, closeReason }) => told.push(`state ${epoch} ${closeReason ?? state}`),
      resized: (cols, rows) => told.push(`size ${cols}x${rows}`),
      attached: ({ role, epoch, head }) => told.push(`attached ${role} ${epoch} ${head}`),
      connection: (state) => states.push(state),
      roundTrip: (ms) => told.push(`round trip ${ms}`),
      rejected: (code) => told.push(`rejected ${code}`),
    },
  });
}

/** Opens; resolves with the connection that has been made since. */
async function opened(socket: ByteSocket): Promise<ScriptedSocket> {
  socket.open();
  await settle();
  return last().accept();
}

/** Lets the wait before the next try pass. */
async function again(ms = 5_000): Promise<ScriptedSocket> {
  const before = sockets.length;
  await clock.run(ms);
  expect(sockets).toHaveLength(before + 1);
  return last().accept();
}

const last = (): ScriptedSocket => sockets.at(-1) as ScriptedSocket;
const phase = (): string => states.at(-1)?.phase ?? '';

describe('ByteSocket', () => {
  it('offers its ticket as a subprotocol or its token as a header, and attaches first', async () => {
    const first = await opened(byteSocket());
    expect(first.request).toEqual({
      url: 'wss://a.example.com/v1/sessions/ses_1/bytes',
      protocols: ['berth.bytes.v1', 'ticket.t1'],
      headers: {},
    });
    expect(first.sent[0]).toEqual({ type: 'attach', haveUpTo: 0, cols: 80, rows: 24, wantsDrive: true, clientId: 'tab' });
    answer = () => ({ accessToken: 'T' });
    const second = await opened(byteSocket({ gateways: ['http://b.example.com:1'], from: 99 }));
    expect(second.request).toEqual({
      url: 'ws://b.example.com:1/v1/sessions/ses_1/bytes',
      protocols: ['berth.bytes.v1'],
      headers: { authorization: 'Bearer T' },
    });
    expect(second.of('attach')[0]?.haveUpTo).toBe(99);
  });

  it('hands out every byte once, through cuts, duplicates and overlaps', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      output = [];
      const total = 200_000;
      const socket = byteSocket({ gateways: ['http://a.example.com', 'http://b.example.com'] });
      let gateway = await opened(socket);
      while (output.reduce((sum, { data }) => sum + data.length, 0) < total) {
        const from = gateway.of('attach')[0]?.haveUpTo ?? -1;
        expect(from).toBe(socket.parsedUpTo);
        gateway.attached({ from });
        for (let at = from, frames = random.int(0, 20); frames > 0 && at < total; frames--) {
          const end = Math.min(total, at + random.int(1, 20_000));
          const start = random.chance(0.2) ? random.int(from, at) : at;
          gateway.output(start, seededBytes(seed, start, end - start));
          at = end;
          if (random.chance(0.5)) for (const { done } of output) done();
        }
        const received = output.reduce((sum, { data }) => sum + data.length, 0);
        for (const { parsedUpTo } of gateway.of('ack')) expect(parsedUpTo).toBeLessThanOrEqual(received);
        gateway.cut();
        gateway = await again();
      }
      let at = 0;
      for (const { offset, data } of output) {
        expect(offset).toBe(at);
        expect(verifySeeded(seed, offset, data)).toBe(-1);
        at += data.length;
      }
      expect(at, `seed ${seed}`).toBe(total);
      socket.close();
    }
  });

  it('acknowledges in steps what has been parsed, and never beyond what this connection brought', async () => {
    const socket = byteSocket();
    const first = (await opened(socket)).attached();
    const chunk = new Uint8Array(ACK_STEP - 1);
    first.output(0, chunk).output(chunk.length, chunk);
    output[0]?.done();
    expect(first.of('ack')).toEqual([]);
    first.cut();
    const second = (await again()).attached();
    expect(second.of('attach')[0]?.haveUpTo).toBe(chunk.length);
    expect(socket.place.receivedUpTo).toBe(2 * chunk.length);
    output[1]?.done();
    expect(socket.parsedUpTo).toBe(2 * chunk.length);
    expect(second.of('ack')).toEqual([]);
    second.output(chunk.length, chunk).output(2 * chunk.length, new Uint8Array(2));
    output[2]?.done();
    expect(second.of('ack').map(({ parsedUpTo }) => parsedUpTo)).toEqual([2 * chunk.length + 2]);
  });

  it('starts over from what it has when output is missing without a word', async () => {
    const socket = byteSocket();
    const first = (await opened(socket)).attached().output(0, new Uint8Array(3));
    output[0]?.done();
    first.output(5, new Uint8Array(1));
    expect(first.readyState).toBe(3);
    expect((await again()).of('attach')[0]?.haveUpTo).toBe(3);
  });

  it('reports a gap only where it skips something', async () => {
    const gateway = (await opened(byteSocket())).attached().output(0, new Uint8Array(3));
    gateway.say({ type: 'gap', from: 0, to: 3, reason: 'slow' });
    gateway.say({ type: 'gap', from: 3, to: 10, reason: 'pruned' });
    gateway.output(10, new Uint8Array(6));
    expect(told.slice(2)).toEqual(['gap 3-10 pruned']);
    expect(output.at(-1)).toMatchObject({ offset: 10 });
  });

  const resize = (cols: number): ServerFrame => ({ type: 'resize', cols, rows: 24 });
  const sizes = (): string[] => told.filter((line) => line.startsWith('size'));

  it('reports each size once and in its place, whatever another connection repeats', async () => {
    const socket = byteSocket();
    const first = (await opened(socket)).attached();
    first
      .say(resize(100))
      .output(0, new Uint8Array(10))
      .say(resize(90))
      .output(10, new Uint8Array(10))
      .say(resize(80))
      .say(resize(70))
      .cut();
    const all = ['size 80x24', 'size 100x24', 'size 90x24', 'size 80x24', 'size 70x24'];
    expect(sizes()).toEqual(all);
    // What the program has by now is of no interest to a terminal that is not there yet.
    const second = (await again()).attached({ head: 30, cols: 60 });
    second.say(resize(100)).output(0, new Uint8Array(10)).say(resize(90)).output(10, new Uint8Array(10)).cut();
    output.forEach(({ done }) => done());
    const third = (await again()).attached({ head: 30, cols: 60 });
    expect(third.of('attach')[0]?.haveUpTo).toBe(20);
    third.say(resize(90)).say(resize(80)).say(resize(70)).say(resize(60));
    expect(sizes()).toEqual([...all, 'size 60x24']);
    third.output(20, new Uint8Array(10));
    expect([sizes().length, output.at(-1)?.offset]).toEqual([6, 20]);
  });

  it('leaves the size of the terminal that it goes on with to what comes', async () => {
    const before = byteSocket();
    (await opened(before)).attached().output(0, new Uint8Array(10)).say(resize(100)).say(resize(80));
    before.close();
    const after = (await opened(byteSocket({ after: before.place }))).attached({ head: 10, cols: 120 });
    expect(after.of('attach')[0]?.haveUpTo).toBe(10);
    after.say(resize(80)).say(resize(100)).say(resize(80)).say(resize(120));
    expect(sizes()).toEqual(['size 80x24', 'size 100x24', 'size 80x24', 'size 120x24']);
  });

  it('resends unacknowledged input within an epoch', async () => {
    const socket = byteSocket();
    expect(socket.send('a')).toBe(true);
    const first = (await opened(socket)).attached();
    socket.send('b');
    socket.send('c');
    expect(first.inputs).toEqual(['1a', '2b', '3c']);
    first.say({ type: 'inputAck', lastApplied: 1 }).cut();
    socket.send('d');
    const second = (await again()).attached({ lastInputSeq: 2 });
    expect(second.inputs).toEqual(['3c', '4d']);
    expect(socket.pendingInput).toBe(2);
  });

  it('drops unacknowledged input on a new epoch, however it learns of it', async () => {
    const socket = byteSocket();
    const first = (await opened(socket)).attached();
    socket.send('a');
    first.say({ type: 'state', state: { epoch: 2, state: 'starting' } });
    socket.send('b');
    expect(first.inputs).toEqual(['1a', '1b']);
    first.cut();
    socket.send('c');
    const second = (await again()).attached({ epoch: 3 });
    socket.send('d');
    expect(second.inputs).toEqual(['1d']);
    second.say({ type: 'reject', inputSeq: 1, code: 'input_full' });
    expect(told.at(-1)).toBe('rejected input_full');
    expect(socket.pendingInput).toBe(0);
  });

  it('does not type as a viewer', async () => {
    const socket = byteSocket();
    const gateway = (await opened(socket)).attached({ role: 0 });
    expect(socket.send('a')).toBe(false);
    expect(gateway.inputs).toEqual([]);
    expect(told).toContain('attached 0 1 0');
  });

  it('retries what may mend, and nothing else', async () => {
    for (const code of [1001, 1006, 1012, 4408, 4429, 4503]) {
      (await opened(byteSocket())).cut(code);
      expect(states.at(-1)).toEqual({ phase: 'retrying', inMs: 250, code });
    }
    for (const [code, error] of [
      [1000, undefined],
      [1003, 'unsupported_media_type'],
      [1009, 'payload_too_large'],
      [4403, 'forbidden'],
      [4404, 'not_found'],
      [4409, 'superseded'],
      [4422, 'invalid_request'],
      [4500, 'internal'],
    ] as const) {
      (await opened(byteSocket())).cut(code);
      expect(states.at(-1)).toEqual({ phase: 'ended', code, ...(error === undefined ? {} : { error }) });
    }
  });

  it('asks for a new credential when one is refused, once', async () => {
    const socket = byteSocket();
    (await opened(socket)).cut(4401);
    (await again()).attached().cut(4401);
    (await again()).cut(4401);
    expect(credentials).toEqual([false, true, true]);
    expect(states.at(-1)).toEqual({ phase: 'ended', code: 4401, error: 'unauthenticated' });
  });

  it('waits longer after every failure, tries the next gateway, and starts over once attached', async () => {
    const socket = byteSocket({ gateways: ['http://a.example.com', 'http://b.example.com'] });
    await opened(socket);
    for (let i = 0; i < 6; i++) {
      last().cut();
      await again();
    }
    last().attached().cut();
    const waits = states.flatMap((state) => (state.phase === 'retrying' ? [state.inMs] : []));
    expect(waits).toEqual([250, 500, 1000, 2000, 2500, 2500, 250]);
    expect(new Set(sockets.slice(0, 4).map(({ request }) => new URL(request.url).host))).toEqual(
      new Set(['a.example.com', 'b.example.com']),
    );
  });

  it('retries while tickets cannot be had, and stops when they never will be', async () => {
    answer = () => {
      throw new ApiError('unavailable', 0);
    };
    byteSocket().open();
    await settle();
    expect(phase()).toBe('retrying');
    answer = () => {
      throw new ApiError('not_found', 404);
    };
    await clock.run(5_000);
    expect(states.at(-1)).toEqual({ phase: 'ended', code: 4404, error: 'not_found' });
  });

  it('notices a connection on which nothing comes any more', async () => {
    const gateway = (await opened(byteSocket())).attached();
    clock.advance(4_000);
    gateway.say({ type: 'ping', token: 7 });
    expect(gateway.sent.at(-1)).toEqual({ type: 'pong', token: 7 });
    clock.advance(1_000);
    clock.sleep(30);
    gateway.say({ type: 'pong', token: 2 });
    expect(told).toContain('round trip 30');
    clock.advance(14_900);
    expect(phase()).toBe('attached');
    clock.advance(6_000);
    expect(states.slice(3)).toMatchObject([{ phase: 'retrying', code: 1006 }, { phase: 'connecting' }]);
  });

  it('finds out at once whether a connection survived, when it is asked to', async () => {
    const socket = byteSocket();
    const gateway = (await opened(socket)).attached();
    clock.advance(1_000);
    socket.open();
    gateway.say({ type: 'pong', token: 2 });
    clock.advance(3_000);
    expect(phase()).toBe('attached');
    socket.open();
    clock.advance(2_999);
    expect(phase()).toBe('attached');
    clock.advance(1);
    expect(phase()).toBe('retrying');
  });

  it('gives up a connection that does not open', async () => {
    byteSocket().open();
    await settle();
    clock.advance(10_000);
    expect(phase()).toBe('retrying');
    expect(last().readyState).toBe(3);
  });

  it('asks for a size once, and remembers it for the next attach', async () => {
    const socket = byteSocket();
    const first = (await opened(socket)).attached();
    socket.resize(100, 30);
    socket.resize(100, 30);
    expect(first.of('resize')).toEqual([{ type: 'resize', cols: 100, rows: 30 }]);
    // Another viewer takes the size, and this one takes it back.
    first.say({ type: 'resize', cols: 40, rows: 20 });
    socket.resize(100, 30);
    socket.resize(100, 30);
    expect(first.of('resize')).toHaveLength(2);
    first.cut();
    expect((await again()).of('attach')[0]).toMatchObject({ cols: 100, rows: 30 });
  });

  it('leaves nothing behind when it is closed in any phase', async () => {
    for (const prepare of [
      async () => undefined,
      async (socket: ByteSocket) => socket.open(),
      async (socket: ByteSocket) => void (await opened(socket)),
      async (socket: ByteSocket) => void (await opened(socket)).attached(),
      async (socket: ByteSocket) => (await opened(socket)).cut(),
    ]) {
      const socket = byteSocket();
      await prepare(socket);
      socket.close();
      await settle();
      expect(states.at(-1)).toEqual({ phase: 'ended', code: 1000 });
      expect(clock.pending).toBe(0);
      const made = sockets.length;
      socket.open();
      await clock.run(60_000);
      expect(sockets).toHaveLength(made);
      expect(socket.send('x')).toBe(false);
    }
  });
});
