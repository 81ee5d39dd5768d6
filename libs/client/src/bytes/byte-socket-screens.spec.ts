import type { ServerFrame } from '@berth/protocol';
import { utf8 } from '@berth/protocol';
import { FakeClock, settle } from '@berth/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ByteSocket } from './byte-socket.js';
import { ScriptedSocket } from './testing/scripted-socket.js';

let clock: FakeClock;
let sockets: ScriptedSocket[];
let told: string[];
let output: { offset: number; done: () => void }[];
let screens: (() => void)[];
let socket: ByteSocket;

const ignored = (): void => undefined;

beforeEach(() => {
  clock = new FakeClock();
  sockets = [];
  told = [];
  output = [];
  screens = [];
  socket = new ByteSocket({
    ...{
      sessionId: 'ses_1',
      clientId: 'tab',
      gateways: ['https://a.example.com'],
      cols: 80,
      rows: 24,
      wantsDrive: true,
      clock,
      random: () => 0.5,
    },
    credential: async () => ({ ticket: 't' }),
    openSocket: (request) => {
      sockets.push(new ScriptedSocket(request));
      return last();
    },
    events: {
      output: (offset, _data, done) => output.push({ offset, done }),
      gap: (from, to, reason) => told.push(`gap ${from}-${to} ${reason}`),
      screen: ({ from, offset, cols, rows, serialized }, done) => {
        told.push(`screen ${from}-${offset} ${cols}x${rows} ${new TextDecoder().decode(serialized)}`);
        screens.push(done);
      },
      roundTrip: (ms) => told.push(`round trip ${ms}`),
      ...{ state: ignored, resized: ignored, attached: ignored, connection: ignored, rejected: ignored },
    },
  });
});

const last = (): ScriptedSocket => sockets.at(-1) as ScriptedSocket;

async function opened(): Promise<ScriptedSocket> {
  socket.open();
  await settle();
  return last().accept();
}

/** Lets the wait before the next try pass. */
async function again(): Promise<ScriptedSocket> {
  await clock.run(5_000);
  return last().accept();
}

const screen = (offset: number): ServerFrame => ({ type: 'screen', offset, cols: 90, rows: 30, serialized: utf8('S') });

describe('ByteSocket', () => {
  it('reports a screen in place of the gap that it stands for, and acknowledges it when it is parsed', async () => {
    const gateway = (await opened()).attached().output(0, new Uint8Array(3));
    gateway.say({ type: 'gap', from: 3, to: 50_000, reason: 'pruned' }).say(screen(50_000));
    gateway.output(50_000, new Uint8Array(6));
    expect(told).toEqual(['screen 3-50000 90x30 S']);
    output[0]?.done();
    expect(gateway.of('ack')).toEqual([]);
    screens[0]?.();
    expect([gateway.of('ack').at(-1)?.parsedUpTo, socket.place.receivedUpTo]).toEqual([50_000, 50_006]);
    expect(output.at(-1)).toMatchObject({ offset: 50_000 });
  });

  it('comes back to before a gap when the screen that stands for it has not come', async () => {
    const first = (await opened()).attached().output(0, new Uint8Array(3));
    output[0]?.done();
    first.say({ type: 'gap', from: 3, to: 50_000, reason: 'pruned' }).cut();
    const second = (await again()).attached();
    expect(second.of('attach')[0]?.haveUpTo).toBe(3);
    second.say({ type: 'gap', from: 3, to: 60_000, reason: 'pruned' }).say(screen(60_000)).cut();
    expect(told.filter((line) => /gap|screen/.test(line))).toEqual(['screen 3-60000 90x30 S']);
    // On its way through the terminal: what is repeated of it is left out.
    const third = (await again()).attached();
    third.say({ type: 'gap', from: 3, to: 60_000, reason: 'pruned' }).say(screen(60_000));
    third.output(60_000, new Uint8Array(1));
    expect(screens).toHaveLength(1);
    expect(output.at(-1)).toMatchObject({ offset: 60_000 });
  });

  it('reports a gap that nothing follows with the next sign of life', async () => {
    const gateway = (await opened()).attached();
    gateway.say({ type: 'gap', from: 0, to: 10, reason: 'pruned' });
    expect(told).toEqual([]);
    const [ping] = gateway.of('ping');
    gateway.say({ type: 'pong', token: ping?.token ?? 0 });
    expect(told).toEqual(['gap 0-10 pruned', 'round trip 0']);
  });
});
