import { hkdfSync } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api, CallOptions } from './harness/api.js';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { programs } from './harness/programs.js';
import { RawSocket } from './harness/raw-socket.js';
import { addTenant } from './harness/second-tenant.js';

let walled: Tenants;
beforeAll(async () => {
  walled = await twoTenants();
});
afterAll(() => walled.made.close());

/** How each call could reach into another tenant. `none`: it takes no id and answers with nothing that belongs to a tenant but the caller's own. */
type Attack = 'none' | 'list' | { body?: (others: Others) => unknown };

/** What belongs to the tenant under attack, or does not exist. */
interface Others {
  session: string;
  tenant: string;
  user: string;
}

/** Every call of the interface; one that is missing here fails the first test until somebody has thought about it. */
const ATTACKS: Record<string, Attack> = {
  'POST /v1/auth/login': 'none',
  'POST /v1/auth/link': 'none',
  'POST /v1/auth/logout': 'none',
  'POST /v1/auth/refresh': { body: ({ tenant }) => ({ tenantId: tenant }) },
  'POST /v1/auth/links': 'none',
  'GET /v1/me': 'list',
  'PATCH /v1/me': 'none',
  'POST /v1/me/password': 'none',
  'GET /v1/members': 'list',
  'POST /v1/members': 'none',
  'PATCH /v1/members/{userId}': { body: () => ({ role: 'viewer' }) },
  'DELETE /v1/members/{userId}': {},
  'POST /v1/members/{userId}/reset': {},
  'POST /v1/members/{userId}/sign-out': {},
  'GET /v1/model-settings': 'list',
  'PUT /v1/model-settings': 'none',
  'DELETE /v1/model-settings': 'none',
  'GET /v1/usage': 'list',
  'GET /v1/workspace-roots': 'none',
  'POST /v1/socket-tickets': { body: ({ session }) => ({ sessionId: session }) },
  'POST /v1/sessions': 'none',
  'GET /v1/sessions': 'list',
  'GET /v1/sessions/{sessionId}': {},
  'PATCH /v1/sessions/{sessionId}': { body: () => ({ title: 'taken' }) },
  'DELETE /v1/sessions/{sessionId}': {},
  'POST /v1/sessions/{sessionId}/close': {},
  'POST /v1/sessions/{sessionId}/suspend': {},
  'POST /v1/sessions/{sessionId}/wake': {},
  'GET /v1/sessions/{sessionId}/viewers': {},
  'GET /v1/sessions/{sessionId}/output': {},
  'GET /v1/sessions/{sessionId}/screen': {},
};

const NOBODY = '0'.repeat(32);
const UNKNOWN: Others = { session: `ses_${NOBODY}`, tenant: `ten_${NOBODY}`, user: `usr_${NOBODY}` };

interface Tenants {
  made: Cluster;
  owner: Api;
  /** Owner of another tenant. */
  stranger: Api;
  /** The stranger's refresh cookie. */
  cookie: string;
}

async function twoTenants(flags: string[] = []): Promise<Tenants> {
  const made = await startCluster({ gateways: 1, flags });
  const email = await addTenant(made, 'strangers');
  const owner = await made.signIn();
  const stranger = await made.signIn({ email });
  const login = await stranger.call('POST', '/v1/auth/login', { body: { email, password: made.password }, token: null });
  const cookie = login.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  return { made, owner, stranger, cookie };
}

/** What the stranger is told about one thing, without what differs between any two answers. */
async function told(stranger: Api, method: string, path: string, options: CallOptions): Promise<object> {
  const { status, body } = await stranger.call(method, path, options);
  return { status, ...(body as object | undefined), requestId: undefined };
}

/** Goes through every call as a stranger with the ids of a session that exists and one that does not. Rejects when they can be told apart. */
async function attackEveryCall({ made, owner, stranger, cookie }: Tenants): Promise<void> {
  const session = await owner.runningSession(programs.echo);
  const others = { session: session.id, tenant: owner.signedIn.tenantId, user: owner.signedIn.user.id };
  for (const { method, path } of (await made.openApi()).operations()) {
    const attack = ATTACKS[`${method} ${path}`];
    if (attack === undefined || attack === 'none') continue;
    if (attack === 'list') {
      const { body } = await stranger.call(method, path);
      for (const id of Object.values(others))
        expect(JSON.stringify(body), `T53 ${method} ${path} lists nothing of others`).not.toContain(id);
      continue;
    }
    const call = (ids: Others) =>
      told(stranger, method, path.replace('{sessionId}', ids.session).replace('{userId}', ids.user), {
        ...(attack.body ? { body: attack.body(ids) } : {}),
        ...(path.startsWith('/v1/auth/') ? { token: null, headers: { cookie } } : {}),
      });
    const answer = await call(others);
    expect(answer, `T53 ${method} ${path} answers 404`).toMatchObject({ status: 404, code: 'not_found' });
    expect(answer, `T53 ${method} ${path} does not tell that it exists`).toEqual(await call(UNKNOWN));
  }
  expect(await owner.session(session.id), 'nothing was changed').toMatchObject({ status: 'running', title: session.title });

  const { ticket } = await stranger.expect<{ ticket: string }>('POST', '/v1/socket-tickets', {});
  made.secrets.add('ticket', ticket);
  for (const proof of [{ token: stranger.token }, { ticket }]) {
    const socket = await RawSocket.attach(made.address(), session.id, { clientId: 'stranger', drive: true }, proof);
    expect(await socket.closed, 'T54 the byte socket closes').toMatchObject({ code: 4404 });
    expect(socket.frames, 'T54 the byte socket shows nothing').toEqual([]);
  }
}

test('every call is classified', async () => {
  const calls = (await walled.made.openApi()).operations().map(({ method, path }) => `${method} ${path}`);
  expect(calls.filter((call) => !(call in ATTACKS) && call.includes(' /v1/'))).toEqual([]);
  expect(Object.keys(ATTACKS).filter((call) => !calls.includes(call))).toEqual([]);
});

test('T53 T54: another tenant’s ids are as unknown as ids that never were, at every call and at the byte socket', () =>
  attackEveryCall(walled));

test('without row-level security, the test above fails', async () => {
  const open = await twoTenants(['no-rls']);
  await expect(attackEveryCall(open)).rejects.toThrow(/T53|T54/);
  await open.made.close();
});

test('T55: the role of requests sees no row of any tenant’s table until a tenant is set', async () => {
  const { made, owner } = walled;
  await owner.runningSession(programs.echo);
  const tables = await made.database.query<{ name: string; forced: boolean; rows: string }>(
    `SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['memberships', 'session_runs', 'sessions']));
  const url = new URL(made.database.ownerUrl);
  url.username = `${url.pathname.slice(1)}_app_login`;
  url.password = Buffer.from(hkdfSync('sha256', made.env['BERTH_SECRET'] ?? '', '', 'db:app', 32)).toString('hex');
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const { name, forced } of tables) {
      const { rows } = await client
        .query<{ seen: number }>(`SELECT count(*)::int AS seen FROM ${pg.escapeIdentifier(name)}`)
        .catch((error: unknown) => {
          // Tables outside of requests: not even a look.
          if ((error as { code?: string }).code === '42501') return { rows: [{ seen: 0 }] };
          throw error;
        });
      expect({ name, seen: rows[0]?.seen }).toEqual({ name, seen: 0 });
      if (['memberships', 'session_runs', 'sessions'].includes(name)) expect({ name, forced }).toEqual({ name, forced: true });
    }
  } finally {
    await client.end();
  }
});
