import type { RouteName, SessionId, SessionView, TenantId, UserId } from '@berth/protocol';
import { routes } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { TestHost } from '../testing/test-host.js';

interface Theirs {
  session: SessionId;
  tenant: TenantId;
  user: UserId;
}

/**
 * How each call could reach into another tenant: `none` takes no id and answers with the caller's own alone; `list` must hold nothing, because the
 * caller has none, and `own` nothing of theirs; else the call is made with their ids in its path and in this body. A new route does not compile until
 * somebody has thought about it.
 */
const ATTACKS: Record<RouteName, 'none' | 'list' | 'own' | { cookie?: true; body?: (theirs: Theirs) => object }> = {
  login: 'none',
  loginWithLink: 'none',
  logout: 'none',
  me: 'own',
  updateMe: 'none',
  setPassword: 'none',
  createLoginLink: 'none',
  listMembers: 'own',
  // By address, not by id: see the takeover attacks in members/.
  addMember: 'none',
  updateMember: { body: () => ({ role: 'viewer' }) },
  removeMember: {},
  resetMember: {},
  signOutMember: {},
  getModelSettings: 'own',
  setModelSettings: 'none',
  clearModelSettings: 'own',
  listUsage: 'list',
  listWorkspaceRoots: 'own',
  createSession: 'none',
  refresh: { cookie: true, body: ({ tenant }) => ({ tenantId: tenant }) },
  createSocketTicket: { body: ({ session }) => ({ sessionId: session }) },
  listSessions: 'list',
  getSession: {},
  updateSession: { body: () => ({ title: 'taken over' }) },
  deleteSession: {},
  closeSession: {},
  suspendSession: {},
  wakeSession: {},
  listViewers: {},
  getSessionOutput: {},
  getSessionScreen: {},
};

const NOBODY = '0'.repeat(32);
const UNKNOWN: Theirs = { session: `ses_${NOBODY}` as SessionId, tenant: `ten_${NOBODY}` as TenantId, user: `usr_${NOBODY}` as UserId };

let gateway: TestGateway;
let host: TestHost;
beforeAll(async () => {
  gateway = await startTestGateway();
  host = await TestHost.start(gateway);
});
afterAll(async () => {
  await host.close();
  await gateway.close();
});

/** A session in each state that a call may find. */
async function sessionsOf(owner: Awaited<ReturnType<TestGateway['signedIn']>>): Promise<Record<string, Theirs>> {
  const made: Record<string, Theirs> = {};
  for (const state of ['queued', 'running', 'suspended', 'closed']) {
    const { id } = await owner.api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal', title: state });
    if (state !== 'queued') {
      const run = await host.run(id);
      const end = await host.write(run, run.base, Buffer.from(`secret output of ${state}`));
      if (state === 'suspended') await host.end(run, { reason: 'suspended', end });
      if (state === 'closed') await host.end(run, { reason: 'exited', exitCode: 0, end });
    }
    made[state] = { session: id, tenant: owner.member.tenantId, user: owner.member.userId };
  }
  return made;
}

describe('T53 what belongs to another tenant is as unknown as what never was', () => {
  it('at every call, whatever state it is in, and nothing is changed', async () => {
    const owner = await gateway.signedIn();
    const stranger = await gateway.signedIn();
    const states = await sessionsOf(owner);
    await owner.api.expect('PUT', '/v1/model-settings', {
      provider: 'compatible',
      baseUrl: 'https://theirs.example',
      token: 'their-token',
    });
    const [theirSession] = Object.values(states);
    if (theirSession === undefined) throw new Error('no session was made');
    const run = { tenantId: theirSession.tenant, sessionId: theirSession.session, epoch: 1 };
    const used = { requests: 1, inputTokens: 1, outputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1 };
    await host.leases.recordUsage(run, [{ model: 'theirs', ...used }]);
    const everything = () =>
      Promise.all(
        ['/v1/sessions', '/v1/members', '/v1/model-settings', '/v1/usage', '/v1/me'].map((path) => owner.api.expect('GET', path)),
      );
    const before = await everything();

    for (const [name, route] of Object.entries(routes)) {
      const attack = ATTACKS[name as RouteName];
      if (attack === 'none') continue;
      if (attack === 'list') {
        const { body } = await stranger.api.call(route.method, route.path);
        expect(body, name).toEqual({ items: [], nextCursor: null });
        continue;
      }
      if (attack === 'own') {
        const body = JSON.stringify((await stranger.api.call(route.method, route.path)).body);
        for (const word of [...Object.values(theirSession), owner.member.email, 'theirs']) expect(body, name).not.toContain(word);
        continue;
      }
      const told = async (theirs: Theirs) => {
        const { status, body, headers } = await stranger.api.call(
          route.method,
          route.path.replace('{sessionId}', theirs.session).replace('{userId}', theirs.user),
          {
            ...(attack.body ? { body: attack.body(theirs) } : {}),
            ...(attack.cookie ? { token: null } : {}),
          },
        );
        return { status, body: { ...(body as object), requestId: '' }, cookies: headers.getSetCookie() };
      };
      const unknown = await told(UNKNOWN);
      expect(unknown, name).toMatchObject({ status: 404, body: { code: 'not_found' } });
      for (const [state, theirs] of Object.entries(states))
        expect(await told(theirs), `${name} on a session that is ${state}`).toEqual(unknown);
    }
    expect(await everything()).toEqual(before);
  });

  it('also when many of both ask at once over the same connections', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => gateway.signedIn()));
    const own = new Map<string, string>();
    for (const { api, member } of people)
      own.set(member.tenantId, (await api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' })).id);
    await Promise.all(
      Array.from({ length: 50 }).flatMap(() =>
        people.map(async ({ api, member }) => {
          const { items } = await api.expect<{ items: SessionView[] }>('GET', '/v1/sessions');
          expect(items.map(({ id }) => id)).toEqual([own.get(member.tenantId)]);
        }),
      ),
    );
  });
});

describe('without row-level security', () => {
  it('the attack above succeeds: it is what stands between tenants', async () => {
    const open = await startTestGateway({ flags: new Set(['no-rls']) });
    try {
      const owner = await open.signedIn();
      const stranger = await open.signedIn();
      const { id } = await owner.api.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
      expect((await stranger.api.call('GET', `/v1/sessions/${id}`)).status).toBe(200);
    } finally {
      await open.close();
    }
  });
});
