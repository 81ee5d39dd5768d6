import type { SessionView } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { TestHost } from '../testing/test-host.js';

let gateway: TestGateway;
let host: TestHost;
let api: ApiClient;
/** Of a gateway that lets sessions start in folders, and has the scripted model. */
let rooted: ApiClient;
let withRoots: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  withRoots = await startTestGateway({ workspaceRoots: ['/nowhere/code'], defaultModelProvider: 'scripted' });
  ({ api: rooted } = await withRoots.signedIn());
  host = await TestHost.start(gateway);
  ({ api } = await gateway.signedIn());
});
afterAll(async () => {
  await host.close();
  await gateway.close();
  await withRoots.close();
});

const create = (body: object = {}): Promise<SessionView> => api.expect('POST', '/v1/sessions', { kind: 'terminal', ...body });
const act = (id: string, action: string) => api.call('POST', `/v1/sessions/${id}/${action}`);
const read = (id: string): Promise<SessionView> => api.expect('GET', `/v1/sessions/${id}`);

async function running() {
  const { id } = await create();
  return { id, run: await host.run(id) };
}

describe('a new session', () => {
  it('waits for a host, with what was asked for', async () => {
    const asked = { title: ' my shell ', command: ['top', '-d', '$(touch pwned)'], cols: 1000, rows: 1 };
    const session = await create(asked);
    expect(session).toMatchObject({
      ...asked,
      title: 'my shell',
      kind: 'terminal',
      status: 'queued',
      head: 0,
      workspace: null,
      closedAt: null,
    });
    expect(session.run).toEqual({ epoch: 0, state: 'queued', host: null });
    expect(await read(session.id)).toEqual(session);
  });

  it('needs nothing but its kind: then it is Claude Code, which asks before it acts', async () => {
    expect(await create()).toMatchObject({
      ...{ program: 'claude', command: [], title: 'Claude Code', model: null, permissionMode: 'manual', cols: 80, rows: 24 },
      ...{ modelProvider: 'none', workspace: null },
    });
    expect(await create({ model: 'opus', permissionMode: 'plan' })).toMatchObject({
      program: 'claude',
      model: 'opus',
      permissionMode: 'plan',
    });
  });

  it('of another program is called after it, and knows nothing of models', async () => {
    expect(await create({ command: ['/usr/bin/bash', '-l'] })).toMatchObject({
      ...{ program: 'command', title: 'bash', model: null, permissionMode: null },
    });
    expect(await create({ command: ['/\u001b[31m'] })).toMatchObject({ title: '[31m' });
    for (const field of ['model', 'permissionMode']) {
      const body = { kind: 'terminal', command: ['bash'], [field]: field === 'model' ? 'opus' : 'manual' };
      expect(await api.problem('POST', '/v1/sessions', { body }), field).toMatchObject({ status: 422, issues: [{ path: field }] });
    }
  });

  it.each(['opus; touch pwned', '`touch pwned`', 'a\nb', 'a\u0000b', '--settings=/tmp/evil.json', '$(touch pwned)', '', 'a b'])(
    'T2 cannot be asked for model %j',
    async (model) => {
      expect(await api.problem('POST', '/v1/sessions', { body: { kind: 'terminal', model } })).toMatchObject({
        ...{ status: 422, issues: [{ path: 'model' }] },
      });
    },
  );

  it('T1 T4 has a folder by path only inside of the workspace roots', async () => {
    const inRoots = (path: unknown) => rooted.problem('POST', '/v1/sessions', { body: { kind: 'terminal', workspace: { path } } });
    expect(await rooted.expect('GET', '/v1/workspace-roots')).toEqual({ items: [{ path: '/nowhere/code' }], nextCursor: null });
    expect(await rooted.expect('POST', '/v1/sessions', { kind: 'terminal', workspace: { path: '/nowhere/code/./app/' } })).toMatchObject({
      workspace: { path: '/nowhere/code/app' },
    });
    for (const path of [
      '/tmp/$(touch pwned)',
      '/nowhere/code/`id`',
      '/nowhere/code/a;b',
      '/nowhere/code/a\nb',
      '/nowhere/code/\u0000',
      '',
      7,
    ])
      expect(await inRoots(path), String(path)).toMatchObject({ status: 422, issues: [{ path: 'workspace.path' }] });
    for (const path of ['../../etc', '/etc', '/', '/nowhere', '/nowhere/code/../other', '/nowhere/codes', 'code'])
      expect(await inRoots(path), path).toMatchObject({
        ...{ status: 403, code: 'forbidden', detail: expect.stringContaining('BERTH_WORKSPACE_ROOTS') as string },
      });
    expect(await api.expect('GET', '/v1/workspace-roots')).toEqual({ items: [], nextCursor: null });
    const anywhere = { kind: 'terminal', workspace: { path: '/tmp' } };
    expect(await api.problem('POST', '/v1/sessions', { body: anywhere })).toMatchObject({ status: 403 });
  });

  it('says who answers its model calls, by the tenant’s choice or the installation’s', async () => {
    const session = await rooted.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });
    expect(session).toMatchObject({ modelProvider: 'scripted' });
    await rooted.expect('PUT', '/v1/model-settings', { provider: 'anthropic', apiKey: 'sk-0123456789abcdef' });
    expect(await rooted.expect('GET', `/v1/sessions/${session.id}`)).toMatchObject({ modelProvider: 'anthropic' });
    expect(await rooted.expect('GET', '/v1/sessions')).toMatchObject({
      items: [{ modelProvider: 'anthropic' }, { modelProvider: 'anthropic' }],
    });
    await rooted.expect('DELETE', '/v1/model-settings');
    expect(await rooted.expect('GET', `/v1/sessions/${session.id}`)).toMatchObject({ modelProvider: 'scripted' });
  });

  it('is shown with its host once it runs', async () => {
    const { id } = await running();
    expect(await read(id)).toMatchObject({ status: 'running', run: { epoch: 1, state: 'running', host: host.identity.hostId } });
  });
});

describe('the list', () => {
  it('is in pages, newest first, each session once, and can be narrowed', async () => {
    const { api: own } = await gateway.signedIn();
    const made: string[] = [];
    for (let i = 0; i < 5; i++)
      made.push((await own.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal', title: `number ${String(i)}` })).id);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: SessionView[]; nextCursor: string | null } = await own.expect(
        'GET',
        `/v1/sessions?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(made.toReversed());
    await own.call('POST', `/v1/sessions/${made[0] ?? ''}/close`);
    expect(await own.expect('GET', '/v1/sessions?status=closed')).toMatchObject({ items: [{ id: made[0] }], nextCursor: null });
    expect(await own.expect('GET', '/v1/sessions?kind=agent')).toEqual({ items: [], nextCursor: null });
  });
});

describe('searching the list', () => {
  it('T6 T34 takes every character for what it is, however long', async () => {
    const { api: own } = await gateway.signedIn();
    const titles = ['100% done', 'a_b', "it's", 'Plain', 'a\\b', `${'a'.repeat(100)}!`];
    for (const title of titles) await own.expect('POST', '/v1/sessions', { kind: 'terminal', title });
    const found = async (search: string) =>
      (await own.expect<{ items: SessionView[] }>('GET', `/v1/sessions?search=${encodeURIComponent(search)}`)).items.map(
        ({ title }) => title,
      );
    expect(await found('%')).toEqual(['100% done']);
    expect(await found('_')).toEqual(['a_b']);
    expect(await found("'")).toEqual(["it's"]);
    expect(await found('\\')).toEqual(['a\\b']);
    expect(await found('pLAIN')).toEqual(['Plain']);
    for (const nothing of ["' OR 1=1 --", '%%', '.*', '(a+)+$', `${'a'.repeat(199)}!`]) expect(await found(nothing), nothing).toEqual([]);
    expect(await own.expect('GET', '/v1/sessions?status=active&search=plain')).toMatchObject({
      items: [{ title: 'Plain' }],
      nextCursor: null,
    });
  });
});

describe('renaming', () => {
  it('changes the title and nothing else', async () => {
    const session = await create();
    expect(await api.expect('PATCH', `/v1/sessions/${session.id}`, { title: 'ünïcode ✓' })).toEqual({ ...session, title: 'ünïcode ✓' });
  });
});

describe('ending', () => {
  it('a session that waits is closed at once, and closing again changes nothing', async () => {
    const { id } = await create();
    for (let i = 0; i < 2; i++) {
      const { status, body } = await act(id, 'close');
      expect({ status, body }).toMatchObject({
        status: 202,
        body: { status: 'closed', run: { state: 'closed', closeReason: 'cancelled' } },
      });
    }
    expect((await read(id)).closedAt).not.toBeNull();
  });

  it('a session that runs is left to its host, which hears of it', async () => {
    const { id, run } = await running();
    expect((await act(id, 'close')).body).toMatchObject({ status: 'running' });
    const ttl = { terminal: 60, agent: 60 };
    const renewed = await host.leases.renew(host.identity, ttl);
    expect(renewed === 'superseded' ? [] : renewed.filter(({ sessionId }) => sessionId === id)).toMatchObject([{ desired: 'closed' }]);
    await host.end(run, { reason: 'cancelled', end: 0 });
    expect(await read(id)).toMatchObject({ status: 'closed', run: { closeReason: 'cancelled' } });
  });

  it('suspending comes back by waking, under the next epoch', async () => {
    const { id, run } = await running();
    expect((await act(id, 'suspend')).status).toBe(202);
    await host.end(run, { reason: 'suspended', end: 0 });
    expect(await read(id)).toMatchObject({ status: 'suspended', run: { epoch: 1, closeReason: 'suspended' } });
    expect((await act(id, 'wake')).body).toMatchObject({ status: 'queued', run: { state: 'queued' } });
    expect((await host.run(id)).epoch).toBe(2);
  });

  it('answers 409 with what to do when the state does not allow it', async () => {
    const closed = await create();
    await act(closed.id, 'close');
    for (const action of ['suspend', 'wake']) {
      expect((await act(closed.id, action)).body).toMatchObject({
        status: 409,
        code: 'conflict',
        detail: expect.stringMatching(/./) as string,
      });
    }
    const { id } = await running();
    expect(await api.problem('DELETE', `/v1/sessions/${id}`)).toMatchObject({
      status: 409,
      detail: expect.stringMatching(/[Cc]lose/) as string,
    });
    await act(id, 'suspend');
    expect((await act(id, 'wake')).body).toMatchObject({ status: 409 });
  });
});

describe('deleting', () => {
  it('removes a closed session with its log', async () => {
    const { id, run } = await running();
    const end = await host.write(run, run.base, Buffer.from('soon gone'));
    await host.end(run, { reason: 'exited', exitCode: 0, end });
    expect((await api.call('GET', `/v1/sessions/${id}/output`)).body).toEqual(Buffer.from('soon gone'));
    const { status, body } = await api.call('DELETE', `/v1/sessions/${id}`);
    expect({ status, body }).toEqual({ status: 204, body: undefined });
    for (const path of ['', '/output']) expect((await api.call('GET', `/v1/sessions/${id}${path}`)).status).toBe(404);
    expect((await api.call('DELETE', `/v1/sessions/${id}`)).status).toBe(404);
  });
});

describe('a viewer', () => {
  it('sees everything and changes nothing', async () => {
    const { api: owner, member } = await gateway.signedIn();
    const watcher = await gateway.signedIn('viewer');
    await gateway.database.query(
      `INSERT INTO memberships (tenant_id, user_id, role) SELECT m.tenant_id, u.id, 'viewer'
       FROM users u, memberships m JOIN users o ON o.id = m.user_id WHERE u.email = $1 AND o.email = $2`,
      [watcher.member.email, member.email],
    );
    const { body } = await watcher.api.call('POST', '/v1/auth/refresh', { token: null, body: { tenantId: member.tenantId } });
    const token = (body as { accessToken: string }).accessToken;
    const { id } = await owner.expect<SessionView>('POST', '/v1/sessions', { kind: 'terminal' });

    for (const path of [`/v1/sessions/${id}`, '/v1/sessions', `/v1/sessions/${id}/output`])
      expect((await watcher.api.call('GET', path, { token })).status, path).toBe(200);
    expect((await watcher.api.call('POST', '/v1/socket-tickets', { token, body: { sessionId: id } })).status).toBe(201);
    const refused: [method: string, path: string, body?: object][] = [
      ['POST', '/v1/sessions', { kind: 'terminal' }],
      ['PATCH', `/v1/sessions/${id}`, { title: 'x' }],
      ['DELETE', `/v1/sessions/${id}`],
      ...['close', 'suspend', 'wake'].map((action): [string, string] => ['POST', `/v1/sessions/${id}/${action}`]),
    ];
    for (const [method, path, input] of refused) {
      const problem = await watcher.api.problem(method, path, { token, ...(input ? { body: input } : {}) });
      expect(problem, path).toMatchObject({ status: 403, code: 'forbidden' });
    }
    expect(await owner.expect('GET', `/v1/sessions/${id}`)).toMatchObject({ status: 'queued' });
  });

  it('who was a member a moment ago changes nothing either: the role is not in the token', async () => {
    const { api: member, member: who } = await gateway.signedIn('member');
    expect((await member.call('POST', '/v1/sessions', { body: { kind: 'terminal' } })).status).toBe(201);
    await gateway.database.query(`UPDATE memberships SET role = 'viewer' WHERE user_id = (SELECT id FROM users WHERE email = $1)`, [
      who.email,
    ]);
    await expect
      .poll(async () => (await member.call('POST', '/v1/sessions', { body: { kind: 'terminal' } })).status, { timeout: 5_000 })
      .toBe(403);
  });
});
