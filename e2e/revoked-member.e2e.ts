import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { ControlPage } from './harness/control-page.js';
import { eventually, within } from './harness/eventually.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';
import { inviteWithCookie } from './harness/second-member.js';

/** The promise: whoever is not welcome any more has no socket left after this, even though no bell has rung. */
const REVOKED_MS = 5_000;

let cluster: Cluster;
let owner: Api;
let session: string;
let bystander: Watching;
let made = 0;

beforeAll(async () => {
  // Every bell is lost: what is left is that gateways read again.
  cluster = await startCluster({ gateways: 2, flags: ['no-bell'] });
  owner = await cluster.signIn();
  ({ id: session } = await owner.runningSession(programs.echo));
  bystander = await watching();
});
afterAll(async () => {
  bystander.page.close();
  await cluster.close();
});

interface Watching {
  id: string;
  api: Api;
  cookie: string;
  /** A byte socket and a control socket. */
  bytes: RawSocket;
  page: ControlPage;
}

/** A member at the second gateway, with both sockets; whoever acts against it asks the first. */
async function watching(): Promise<Watching> {
  const { api, cookie } = await inviteWithCookie(cluster, owner, { name: `second ${(made += 1)}`, address: () => cluster.address(1) });
  const bytes = await RawSocket.attach(cluster.address(1), session, { clientId: 'watcher', drive: true }, { token: api.token });
  await bytes.frame('attached');
  const page = await new ControlPage(api, cluster.address(1)).connected();
  return { id: api.signedIn.user.id, api, cookie, bytes, page };
}

/** How the byte socket ended; rejects when either is still open after the promised time. */
async function ended({ bytes, page }: Watching): Promise<number> {
  const control = eventually(() => page.socket.status !== 'connected', { within: REVOKED_MS, what: 'the control socket is closed' });
  const [{ code }] = await Promise.all([within(REVOKED_MS, 'the byte socket is closed', bytes.closed), control]);
  return code;
}

/** Nothing opens again, at either gateway. */
async function expectLockedOut({ api, page }: Watching): Promise<void> {
  for (const address of [cluster.address(0), cluster.address(1)]) {
    const again = await RawSocket.attach(address, session, { clientId: 'again' }, { token: api.token });
    expect((await again.closed).code).toBe(4401);
  }
  expect(await api.problem('POST', '/v1/socket-tickets', { body: {} })).toMatchObject({ status: 401 });
  await eventually(() => page.socket.status === 'offline', { what: 'the page gives up' });
  expect(page.connections).toBe(1);
  page.close();
}

test('T19 removing a member closes all sockets at another gateway, without a bell', async () => {
  const member = await watching();
  await owner.expect('DELETE', `/v1/members/${member.id}`);
  expect(await ended(member)).toBe(4401);
  await expectLockedOut(member);
});

test('T19 signing a member out does so too', async () => {
  const member = await watching();
  await owner.expect('POST', `/v1/members/${member.id}/sign-out`);
  expect(await ended(member)).toBe(4401);
  await expectLockedOut(member);
});

test('T20 so does signing out, and the cookie is worth nothing', async () => {
  const member = await watching();
  const headers = { cookie: member.cookie };
  expect((await owner.call('POST', '/v1/auth/logout', { token: null, headers })).status).toBe(204);
  expect(await ended(member)).toBe(4401);
  await expectLockedOut(member);
  expect((await owner.call('POST', '/v1/auth/refresh', { token: null, body: {}, headers })).status).toBe(401);
});

test('T19 a member who may only watch from now on loses the socket that could type, and may come back to watch', async () => {
  const member = await watching();
  await owner.expect('PATCH', `/v1/members/${member.id}`, { role: 'viewer' });
  expect(await within(REVOKED_MS, 'the byte socket is closed', member.bytes.closed)).toMatchObject({ code: 4403 });
  const back = await RawSocket.attach(cluster.address(1), session, { clientId: 'watcher', drive: true }, { token: member.api.token });
  expect(await back.frame('attached')).toMatchObject({ role: 0 });
  expect(member.page.socket.status).toBe('connected');
  back.destroy();
  member.page.close();
});

test('everybody else’s sockets stay open', async () => {
  expect(bystander.bytes.ending).toBeUndefined();
  expect(bystander.page).toMatchObject({ connections: 1, socket: { status: 'connected' } });
  bystander.bytes.input(1, 'still here');
  await bystander.bytes.shows('still here');
});
