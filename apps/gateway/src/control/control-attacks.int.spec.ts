import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionView } from '@berth/protocol';
import { Bus } from '@berth/bus';
import { idFromUuid, redisChannels, uuidFromId } from '@berth/protocol';
import { waitFor } from '@berth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { ControlSockets } from './control-sockets.js';
import { Listener, ticketOf } from './testing/listener.js';
import type { RawControlOptions } from './testing/raw-control.js';
import { RawControl } from './testing/raw-control.js';

let gateway: TestGateway;
let api: ApiClient;
let session: SessionView;
const sockets: RawControl[] = [];

beforeAll(async () => {
  gateway = await startTestGateway();
  ({ api } = await gateway.signedIn());
  session = await api.expect('POST', '/v1/sessions', { kind: 'terminal', command: ['true'] });
});
afterEach(() => {
  for (const { websocket } of sockets.splice(0)) websocket.terminate();
});
afterAll(() => gateway.close());

function raw(options?: RawControlOptions): RawControl {
  const socket = new RawControl(gateway.origin, options);
  sockets.push(socket);
  return socket;
}
async function admitted(client = api): Promise<RawControl> {
  const socket = raw();
  expect(await socket.connect(await ticketOf(client))).toMatchObject({ type: 0 });
  return socket;
}
const problem = (code: string) => ({ type: 4, data: { message: code, data: expect.objectContaining({ code }) as unknown } });

describe('T11 a foreign page', () => {
  const evil = ['https://evil.example', 'null', 'http://127.0.0.1.evil.example', 'http://evil127.0.0.1', 'http://127.0.0.1:1', ''];

  it.each(evil)('from "%s" is refused before the upgrade, and so is its polling', async (origin) => {
    const socket = await raw({ headers: { origin } }).opened();
    expect(await socket.closed()).toBe(0);
    expect(socket.status).toBe(403);
    for (const path of ['/socket.io/?EIO=4&transport=polling', '/socket.io/x?EIO=4', '/socket.io']) {
      const answer = await fetch(`${gateway.origin}${path}`, { headers: { origin } });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, 'origin_forbidden']);
      expect((await fetch(`${gateway.origin}${path}`, { method: 'POST', headers: { origin } })).status).toBe(403);
    }
  });

  it('is told apart from our own', async () => {
    const socket = raw({ headers: { origin: gateway.origin } });
    expect(await socket.connect(await ticketOf(api))).toMatchObject({ type: 0 });
    expect((await fetch(`${gateway.origin}/socket.io/?EIO=4&transport=polling`)).status).toBe(426);
  });
});

describe('who shows no good ticket', () => {
  it.each([undefined, {}, { ticket: '' }, { ticket: 'x'.repeat(43) }, { ticket: 7 }, { ticket: ['a'] }, { token: 'x' }])(
    '%j is refused, with a reason, and closed',
    async (auth) => {
      const socket = raw();
      expect(await socket.connect(auth)).toMatchObject(problem('unauthenticated'));
      await socket.closed();
    },
  );

  it('T9: nobody is let in by his address, even with a good ticket beside it', async () => {
    const { ticket } = await ticketOf(api);
    for (const query of [`&ticket=${ticket}`, '&token=abc', '&access_token=x', `&x=${ticket}`]) {
      expect(await raw({ query }).connect({ ticket })).toMatchObject(problem('unauthenticated'));
    }
    // It was not spent either.
    expect(await raw().connect({ ticket })).toMatchObject({ type: 0 });
    expect(gateway.log()).not.toContain(ticket);
  });

  it('a ticket works once, of many at the same time as well', async () => {
    const ticket = await ticketOf(api);
    const answers = await Promise.all(Array.from({ length: 8 }, () => raw().connect(ticket)));
    expect(answers.filter(({ type }) => type === 0)).toHaveLength(1);
    expect(answers.filter(({ type }) => type === 4)).toHaveLength(7);
  });

  it('a ticket for one session is not good here', async () => {
    expect(await raw().connect(await ticketOf(api, session.id))).toMatchObject(problem('unauthenticated'));
  });

  it('has one try a connection, and other namespaces are none', async () => {
    const socket = raw();
    await socket.connect({ ticket: 'x'.repeat(43) });
    socket.send({ type: 0, nsp: '/', data: await ticketOf(api) });
    await socket.closed();
    expect(socket.packets.some(({ type }) => type === 0)).toBe(false);
    const admin = await raw().opened();
    admin.send({ type: 0, nsp: '/admin', data: await ticketOf(api) });
    await waitFor(() => admin.packets.length > 0);
    expect(admin.packets).toMatchObject([{ type: 4, data: { message: 'Invalid namespace' } }]);
    await admin.closed();
  });

  it('T30: and whoever shows nothing is closed within seconds', async () => {
    const socket = await raw().opened();
    const from = performance.now();
    await socket.closed(15_000);
    expect(performance.now() - from).toBeLessThan(10_000);
  });
});

describe('messages', () => {
  it('T26: of more than 16 KiB close the socket with 1009', async () => {
    const large = await admitted();
    large.websocket.send(Buffer.alloc(16 * 1024 + 1));
    expect(await large.closed()).toBe(1009);
    const before = await raw().opened();
    before.websocket.send(Buffer.alloc(1024 * 1024 + 1));
    expect(await before.closed()).toBe(1009);
    expect((await fetch(`${gateway.origin}/health`)).status).toBe(200);
  });

  it('T27: in a flood close the socket, before and after it was admitted; others are not held up', async () => {
    const [flooding, half, calm] = [await admitted(), await raw().opened(), await admitted()];
    for (let i = 0; i < 10_000; i += 1) {
      flooding.send({ type: 2, nsp: '/', data: ['session.unwatch', { sessionId: session.id }] });
      half.send({ type: 0, nsp: `/${i}` });
    }
    const from = performance.now();
    expect(await calm.call('session.watch', { sessionId: session.id })).toEqual({ ok: true });
    expect(performance.now() - from).toBeLessThan(3_000);
    await Promise.all([flooding.closed(), half.closed()]);
    expect(half.packets.length).toBeLessThan(1_000);
  });

  it('T28: that state lengths or attachments which never come close the socket, and memory stays flat', async () => {
    const before = process.memoryUsage().rss;
    const attacks = [
      Buffer.from([0xdd, 0x01, 0xff, 0xff, 0xff]),
      Buffer.from([0xc9, 0xff, 0xff, 0xff, 0xff, 0x00]),
      Buffer.from(Array<number>(16_000).fill(0x91)),
      '451000000-["x",{"_placeholder":true,"num":0}]',
      '42["session.watch"]',
      'bAAAA',
      '2probe',
      '5',
    ];
    for (const attack of attacks) {
      for (const socket of [await raw().opened(), await admitted()]) {
        socket.websocket.send(attack);
        // A probe and an upgrade mean nothing here, and may be ignored.
        if (attack !== '2probe' && attack !== '5') await socket.closed();
      }
    }
    const event = await admitted();
    event.send({ type: 5, nsp: '/', data: ['x'], attachments: 1_000_000 });
    await event.closed();
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    expect((await fetch(`${gateway.origin}/health`)).status).toBe(200);
  });

  it('that a client does not read do not pile up: it is let go', async () => {
    const { api: theirs, member } = await gateway.signedIn();
    const [deaf, other] = [await admitted(theirs), await new Listener(theirs).connected()];
    deaf.websocket.pause();
    const before = process.memoryUsage().rss;
    const text = 'x'.repeat(500);
    for (let i = 0; i < 20_000; i += 1) {
      gateway.gateway.app.get(ControlSockets).notify(member.tenantId, { level: 'info', text });
      if (i % 500 === 0) await sleep(1);
    }
    await waitFor(() => other.notices.length === 20_000, 20_000, 'the other has heard everything');
    await sleep(2_000);
    deaf.websocket.resume();
    await deaf.closed();
    expect(deaf.packets.length).toBeLessThan(20_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
    other.socket.close();
  });

  it('T29: are never compressed', async () => {
    const socket = await raw({ headers: { 'sec-websocket-extensions': 'permessage-deflate' } }).opened();
    expect(socket.websocket.extensions).toBe('');
  });

  it('T7, T31, T54: that are no proper calls are answered with a problem, and other tenants’ sessions do not exist', async () => {
    const socket = await admitted();
    const stranger = await gateway.signedIn();
    const foreign = await stranger.api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal', command: ['true'] });
    const call = (name: unknown, input?: unknown) => socket.call(name, input);
    const never = await call('session.watch', { sessionId: `ses_${'0'.repeat(32)}` });
    expect(never).toMatchObject({ ok: false, problem: { code: 'not_found', status: 404 } });
    expect(await call('session.watch', { sessionId: foreign.id })).toEqual(never);
    for (const id of ['', '*', `${session.id}\n`, `session:${foreign.id}`, '__proto__', "' OR 1=1 --"]) {
      expect(await call('session.watch', { sessionId: id })).toEqual(never);
    }
    const invalid = { ok: false, problem: { code: 'invalid_request' } };
    for (const input of [undefined, null, 7, [], {}, { sessionId: 7 }, { sessionId: session.id, tenantId: stranger.member.tenantId }]) {
      expect(await call('session.watch', input)).toMatchObject(invalid);
    }
    for (const name of ['constructor', 'session.drive', 'toString', 7, null, { a: 1 }, 'connection', 'error', 'newListener']) {
      expect(await call(name, {})).toMatchObject(invalid);
    }
    expect(await call('session.watch', { sessionId: session.id, afterSeq: -1 })).toMatchObject(invalid);
    expect(await call('session.watch', { sessionId: session.id, afterSeq: 0 })).toEqual({ ok: true });
    // A call that asks for no answer is carried out all the same.
    socket.send({ type: 2, nsp: '/', data: ['session.watch', { sessionId: session.id }] });
    socket.send({ type: 2, nsp: '/', data: [] });
    await waitFor(() => socket.packets.filter(({ data }) => Array.isArray(data) && data[0] === 'session.presence').length === 2);
    expect(socket.code).toBeUndefined();
  });

  it('ask for the presence of at most 200 sessions', async () => {
    const owner = await gateway.signedIn();
    const socket = await admitted(owner.api);
    const { id: first } = await owner.api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal', command: ['true'] });
    const rows = await gateway.database.query<{ id: string }>(
      `INSERT INTO sessions (tenant_id, id, kind, status, title, command, cols, rows, created_by)
       SELECT tenant_id, gen_random_uuid(), kind, status, title, command, cols, rows, created_by FROM sessions, generate_series(1, 200)
       WHERE id = $1 RETURNING id`,
      [uuidFromId(first)],
    );
    const sessions = [first, ...rows.map(({ id }) => idFromUuid('session', id))];
    for (const [index, sessionId] of sessions.entries()) {
      const answer = await socket.call('session.watch', { sessionId });
      if (index < 200) expect(answer).toEqual({ ok: true });
      else expect(answer).toMatchObject({ ok: false, problem: { code: 'rate_limited', limit: 'watches' } });
    }
    expect(await socket.call('session.unwatch', { sessionId: sessions[0] })).toEqual({ ok: true });
    expect(await socket.call('session.watch', { sessionId: sessions[200] })).toEqual({ ok: true });
  });
});

describe('T19, T20 whoever is not welcome any more', () => {
  const revoke = (email: string) =>
    gateway.database.query('UPDATE memberships SET revoked_at = now() WHERE user_id = (SELECT id FROM users WHERE email = $1)', [email]);

  it('is closed within seconds without any bell, also one who pretends to be gone already', async () => {
    const { api: theirs, member } = await gateway.signedIn('member');
    const sockets = [await admitted(theirs), await admitted(theirs)];
    // Names that the server's own library uses.
    for (const name of ['disconnect', 'disconnecting', 'error', 'close'])
      sockets[1]?.send({ type: 2, nsp: '/', data: [name, 'transport close'] });
    await sleep(200);
    const from = performance.now();
    await revoke(member.email);
    await Promise.all(sockets.map((socket) => socket.closed()));
    expect(performance.now() - from).toBeLessThan(8_000);
    expect((await admitted()).code).toBeUndefined();
  });

  it('is closed at once by signing out, and does not come back', async () => {
    const { api: theirs } = await gateway.signedIn('member');
    const listener = await new Listener(theirs).connected();
    const from = performance.now();
    await theirs.call('POST', '/v1/auth/logout', { token: null });
    await waitFor(() => listener.statuses.includes('offline'), 5_000);
    expect(performance.now() - from).toBeLessThan(5_000);
    await sleep(1_500);
    expect(listener.socket.status).not.toBe('connected');
    listener.socket.close();
  });

  it('hears of another role', async () => {
    const { api: theirs, member } = await gateway.signedIn('member');
    const listener = await new Listener(theirs).connected();
    await gateway.database.query(`UPDATE memberships SET role = 'viewer' WHERE user_id = (SELECT id FROM users WHERE email = $1)`, [
      member.email,
    ]);
    await gateway.gateway.app.get(Bus).ring(redisChannels.principals());
    await expect.poll(() => listener.notices).toMatchObject([{ subject: 'members', text: expect.stringContaining('viewer') as unknown }]);
    expect(listener.socket.status).toBe('connected');
    listener.socket.close();
  });

  it('holds nothing once everybody is gone', async () => {
    const socket = await admitted();
    await socket.call('session.watch', { sessionId: session.id });
    // It leaves the conversation and keeps the connection: that is not on offer.
    socket.send({ type: 1, nsp: '/' });
    await socket.closed();
  });
});
