import { once } from 'node:events';
import { createConnection } from 'node:net';
import { idFromUuid } from '@berth/protocol';
import { FakeClock, seededRandom, waitFor } from '@berth/testing';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { byteLab } from './testing/byte-lab.js';
import { startByteServer } from './testing/byte-server.js';

const lab = byteLab();

const ATTACH = [1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 24, 0, 1, 97];

describe('a byte socket before ATTACH', () => {
  it('T11: refuses foreign pages before the upgrade, and nothing else', async () => {
    for (const origin of [
      'https://evil',
      'null',
      'https://berth.example.com.evil.com',
      'https://evilberth.example.com',
      'https://berth.example.com:8443',
      'http://berth.example.com',
    ]) {
      const client = lab.connect({ headers: { origin, authorization: 'Bearer good' } });
      await client.closed();
      expect(client.status, origin).toBe(403);
    }
    expect(
      (await lab.connect({ headers: { origin: 'https://berth.example.com', authorization: 'Bearer good' } }).opened()).websocket.readyState,
    ).toBe(1);
  });

  it('closes with a code that tells why', async () => {
    expect(await lab.connect({ headers: {} }).closed()).toBe(4401);
    expect(await lab.connect({ headers: { authorization: 'Bearer bad' } }).closed()).toBe(4401);
    expect(await lab.connect({ headers: { authorization: 'Basic good' } }).closed()).toBe(4401);
    expect(await lab.connect({ id: 'nonsense' }).closed()).toBe(4404);
    expect(await lab.connect({ id: idFromUuid('session', randomUUID()) }).closed()).toBe(4404);
    expect(await lab.connect({ protocols: [] }).closed()).toBe(4422);
  });

  it('T9: takes no credential from the address, even beside a good one', async () => {
    expect(await lab.connect({ query: '?token=good' }).closed()).toBe(4401);
    expect(await lab.connect({ query: '?ticket=once', headers: {} }).closed()).toBe(4401);
  });

  it('takes a ticket once, for its session, and never answers with it', async () => {
    const protocols = ['berth.bytes.v1', 'ticket.once'];
    const first = await lab.connect({ headers: {}, protocols }).opened();
    expect(first.websocket.protocol).toBe('berth.bytes.v1');
    expect(first.websocket.extensions).toBe('');
    expect(await lab.connect({ headers: {}, protocols }).closed()).toBe(4401);
    expect(await lab.connect({ headers: {}, protocols: ['berth.bytes.v1', 'ticket.other'] }).closed()).toBe(4404);
    expect(first.code).toBeUndefined();
  });

  it('T26: refuses text, oversized and undecodable messages with their codes', async () => {
    const closedAfter = async (message: string | Uint8Array): Promise<number> => {
      const client = await lab.connect().opened();
      client.websocket.send(message);
      return client.closed();
    };
    expect(await closedAfter('hello')).toBe(1003);
    expect(await closedAfter(new Uint8Array(1024 * 1024 + 1))).toBe(1009);
    expect(await closedAfter(new Uint8Array(1024 * 1024))).toBe(4422);
    expect(await closedAfter(new Uint8Array(0))).toBe(4422);
    for (const type of [2, 3, 5, 8, 9, 10, 13, 14, 255]) expect(await closedAfter(Uint8Array.of(type))).toBe(4422);
    // Early frames: nothing comes before ATTACH.
    for (const frame of [
      [4, 0, 0, 0, 1, 97],
      [6, 0, 0, 0, 0, 0, 0],
      [7, 0, 80, 0, 24],
      [11, 0, 0, 0, 1],
      [12, 0, 0, 0, 1],
    ])
      expect(await closedAfter(Uint8Array.from(frame))).toBe(4422);
    // T32: sizes that no terminal has.
    for (const size of [
      [0, 0, 0, 0],
      [0, 1, 0, 24],
      [3, 233, 0, 24],
      [0, 80, 1, 245],
    ])
      expect(await closedAfter(Uint8Array.from([...ATTACH.slice(0, 7), ...size, ...ATTACH.slice(11)]))).toBe(4422);
    // Flags, client id.
    for (const tail of [
      [2, 1, 97],
      [0, 0],
      [0, 1, 46],
      [0, 2, 97],
      [0, 1, 97, 98],
      [0, 1, 0xff],
    ])
      expect(await closedAfter(Uint8Array.from([...ATTACH.slice(0, 11), ...tail]))).toBe(4422);
  });

  it('waits for ATTACH, but not for long', async () => {
    const clock = new FakeClock();
    const slow = await startByteServer(lab.session, { clock });
    try {
      const client = await lab.connect({ to: slow }).opened();
      // A ping is read when the time limit runs.
      client.websocket.ping();
      await once(client.websocket, 'pong');
      clock.advance(4_999);
      expect(client.code).toBeUndefined();
      clock.advance(1);
      expect(await client.closed()).toBe(4422);
      await waitFor(() => slow.server.count === 0);
      expect([slow.feeds.count, clock.pending, slow.router.pendingCount]).toEqual([0, 0, 0]);
    } finally {
      await slow.close();
    }
  });

  it('answers upgrades of other addresses and malformed ones before 101', async () => {
    const raw = (request: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = createConnection(lab.gateway.port, '127.0.0.1', () => socket.write(request));
        let answer = '';
        socket.on('data', (chunk) => (answer += chunk.toString()));
        socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
      });
    const upgrade = (path: string, headers = ''): string =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`;
    expect(await raw(upgrade('/elsewhere'))).toContain('404');
    expect(await raw(upgrade(`/v1/sessions/${lab.session.sessionId}/bytes`))).toContain('400');
    expect(lab.gateway.router.pendingCount).toBe(0);
  });

  it('lives through a fuzzer, and holds nothing afterwards', async () => {
    const run = await lab.session.claim();
    run.emit(1000);
    const random = seededRandom(5);
    for (let round = 0; round < 60; round++) {
      const client = await lab.connect().opened();
      if (random.chance(0.7)) client.websocket.send(Uint8Array.from(ATTACH));
      for (let i = 0; i < 50 && client.code === undefined; i++) {
        const bytes = Uint8Array.from({ length: random.int(0, 24) }, () => random.int(0, 255));
        if (random.chance(0.8)) bytes[0] = random.int(1, 14);
        client.websocket.send(bytes);
      }
      client.websocket.terminate();
    }
    await waitFor(() => lab.gateway.server.count === 0 && lab.gateway.feeds.count === 0 && run.viewers === 0);
    expect(lab.gateway.router.pendingCount).toBe(0);
  });
});

describe('presence', () => {
  const roles = () => lab.gateway.attended.map(({ role }) => role);

  it('is written down with ATTACHED, and taken back once, however the client leaves', async () => {
    await lab.session.claim();
    const waiting = await lab.connect().opened();
    expect(roles()).toEqual([]);
    waiting.websocket.terminate();
    const driver = lab.connect();
    await driver.attach();
    expect(roles()).toEqual([1]);
    driver.websocket.close();
    await waitFor(() => lab.gateway.attended.length === 2);
    const watching = lab.connect();
    await watching.attach({ clientId: 'other', wantsDrive: false });
    watching.websocket.terminate();
    await waitFor(() => lab.gateway.attended.length === 4);
    await waitFor(() => lab.gateway.server.count === 0);
    expect(roles()).toEqual([1, undefined, 0, undefined]);
  });

  it('does not show a superseded or refused client while its goodbye is under way', async () => {
    await lab.session.claim();
    const old = lab.connect();
    await old.attach();
    // It does not read, so it does not answer the close frame either.
    old.websocket.pause();
    await lab.connect().attach();
    await waitFor(() => lab.gateway.attended.length === 3);
    expect([...roles()].filter((role) => role === undefined)).toHaveLength(1);
    for (const { revoked } of [...lab.gateway.listeners]) revoked();
    expect([...roles()].filter((role) => role === undefined)).toHaveLength(2);
    old.websocket.resume();
  });

  it('follows the role from run to run', async () => {
    const run = await lab.session.claim();
    const client = lab.connect({ headers: { authorization: 'Bearer viewer' } });
    await client.attach();
    run.say({ state: 'closed', closeReason: 'suspended' });
    lab.session.record('suspended', { status: 'suspended' });
    lab.session.queue();
    await lab.session.kill();
    const next = await lab.session.claim();
    await waitFor(() => next.viewers === 1);
    await waitFor(() => lab.gateway.attended.length === 2);
    expect(roles()).toEqual([0, 0]);
  });
});

describe('revocation and drain', () => {
  it('T19: closes the sockets of those whose sign-in or role is gone', async () => {
    const run = await lab.session.claim();
    const client = lab.connect();
    await client.attach();
    const before = lab.gateway.listeners.size;
    for (const { roleChanged } of [...lab.gateway.listeners]) roleChanged('admin');
    expect(client.code).toBeUndefined();
    for (const { roleChanged } of [...lab.gateway.listeners]) roleChanged('viewer');
    client.type(1, 'late');
    expect(await client.closed()).toBe(4403);
    const second = lab.connect();
    await second.attach();
    for (const { revoked } of [...lab.gateway.listeners]) revoked();
    expect(await second.closed()).toBe(4401);
    await waitFor(() => run.viewers === 0);
    expect(run.received).toEqual([]);
    expect([before, lab.gateway.listeners.size]).toEqual([1, 0]);
  });

  it('drains: everybody gets 1012, what was sent arrives, nobody gets in', async () => {
    const run = await lab.session.claim();
    const watching = [lab.connect(), lab.connect(), lab.connect()];
    for (const [index, client] of watching.entries()) await client.attach({ clientId: `c${index}` });
    run.emit(100_000);
    await Promise.all(watching.map((client) => client.reaches(100_000)));
    await lab.gateway.server.drain(200);
    expect(await Promise.all(watching.map((client) => client.closed()))).toEqual([1012, 1012, 1012]);
    expect(await lab.connect().closed()).toBe(1012);
    expect(lab.gateway.server.count).toBe(0);
  });
});
