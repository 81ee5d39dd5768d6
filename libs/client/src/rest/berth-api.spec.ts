import type { SignedIn } from '@berth/protocol';
import { SessionId, toProblem } from '@berth/protocol';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ApiError } from './api-error.js';
import { BerthApi } from './berth-api.js';
import type { CallArguments } from './call-types.js';

const sessionId = SessionId.parse(`ses_${'1'.repeat(32)}`);
const base = 'https://berth.example.com';

const signedIn = (accessToken: string): SignedIn => ({
  accessToken,
  expiresIn: 600,
  user: { id: `usr_${'2'.repeat(32)}` as SignedIn['user']['id'], email: 'a@example.com', name: 'A' },
  tenantId: `ten_${'3'.repeat(32)}` as SignedIn['tenantId'],
  tenants: [],
});

interface Call {
  method: string;
  url: string;
  authorization: string | null;
  body: unknown;
}

/** A gateway that answers by a script of its own. */
function scripted(answer: (call: Call) => Response | Promise<Response>) {
  const calls: Call[] = [];
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    const call = {
      method: init.method ?? 'GET',
      url: input instanceof Request ? input.url : input.toString(),
      authorization: headers.get('authorization'),
      body: init.body === undefined ? undefined : (JSON.parse(init.body as string) as unknown),
    };
    calls.push(call);
    return answer(call);
  };
  return { calls, fetch };
}

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const problem = (code: Parameters<typeof toProblem>[0]) => json(toProblem(code, {}), toProblem(code, {}).status);

describe('BerthApi', () => {
  it('fills path, query and body from the catalogue', async () => {
    const { calls, fetch } = scripted(() => json({ items: [], nextCursor: null }));
    const api = new BerthApi({ baseUrl: base, fetch, accessToken: 'T' });
    expect(await api.call('listSessions', { query: { status: 'running', limit: 5 } })).toEqual({ items: [], nextCursor: null });
    expect(calls).toEqual([
      { method: 'GET', url: `${base}/v1/sessions?status=running&limit=5`, authorization: 'Bearer T', body: undefined },
    ]);
  });

  it('asks only for what a call has to send', () => {
    expectTypeOf<CallArguments<'me'>>().toExtend<[unknown?]>();
    expectTypeOf<[]>().toExtend<CallArguments<'me'>>();
    expectTypeOf<[]>().toExtend<CallArguments<'listSessions'>>();
    expectTypeOf<[]>().not.toExtend<CallArguments<'getSession'>>();
    expectTypeOf<[{ params: { sessionId: SessionId } }]>().toExtend<CallArguments<'getSession'>>();
    expectTypeOf<[{ body: { title: string } }]>().not.toExtend<CallArguments<'updateSession'>>();
  });

  it('keeps the token of a sign-in and forgets it at logout', async () => {
    const seen: (string | undefined)[] = [];
    const { calls, fetch } = scripted(({ url }) => (url.endsWith('/logout') ? new Response(null, { status: 204 }) : json(signedIn('T1'))));
    const api = new BerthApi({ baseUrl: base, fetch, onSignIn: (state) => seen.push(state?.accessToken) });
    await api.call('login', { body: { email: 'a@example.com', password: 'p' } });
    expect(api.accessToken).toBe('T1');
    await api.call('logout');
    expect(api.accessToken).toBeUndefined();
    expect(seen).toEqual(['T1', undefined]);
    expect(calls.map(({ authorization }) => authorization)).toEqual([null, null]);
  });

  it('renews an expired token once for all calls under way', async () => {
    let current = 'old';
    const { calls, fetch } = scripted(async ({ url, authorization }) => {
      await Promise.resolve();
      if (url.endsWith('/refresh')) return json(signedIn((current = 'new')));
      return authorization === `Bearer ${current}` && current === 'new'
        ? json({ items: [], nextCursor: null })
        : problem('unauthenticated');
    });
    const api = new BerthApi({ baseUrl: base, fetch });
    await Promise.all([api.call('listSessions'), api.call('listSessions'), api.call('listSessions')]);
    expect(calls.filter(({ url }) => url.endsWith('/refresh'))).toHaveLength(1);
    expect(api.accessToken).toBe('new');
  });

  it('reports that nobody is signed in when the renewal is refused', async () => {
    const seen: unknown[] = [];
    const { fetch } = scripted(() => problem('unauthenticated'));
    const api = new BerthApi({ baseUrl: base, fetch, onSignIn: (state) => seen.push(state) });
    await expect(api.call('me')).rejects.toMatchObject({ code: 'unauthenticated', retry: false });
    expect(seen).toEqual([undefined]);
  });

  it('takes the tokens of each call from whoever keeps them, and asks once more when one is refused', async () => {
    const asked: (string | undefined)[] = [];
    const { calls, fetch } = scripted(({ authorization }) =>
      authorization === 'Bearer second' ? json({ items: [], nextCursor: null }) : problem('unauthenticated'),
    );
    const tokens = (refused?: string): Promise<string> => {
      asked.push(refused);
      return Promise.resolve(refused === undefined ? 'first' : 'second');
    };
    const api = new BerthApi({ baseUrl: base, fetch, tokens });
    expect(await api.call('listSessions')).toEqual({ items: [], nextCursor: null });
    expect(asked).toEqual([undefined, 'first']);
    expect(calls.map(({ url }) => url)).toEqual([`${base}/v1/sessions`, `${base}/v1/sessions`]);
  });

  it('turns every failure into one kind of error', async () => {
    const failing = (answer: () => Response | Promise<Response>) =>
      new BerthApi({ baseUrl: base, fetch: scripted(answer).fetch, accessToken: 'T' });
    const get = (api: BerthApi) => api.call('getSession', { params: { sessionId } }).catch((error: unknown) => error);
    expect(await get(failing(() => problem('not_found')))).toMatchObject({ code: 'not_found', status: 404 });
    expect(await get(failing(() => Promise.reject(new TypeError('network'))))).toMatchObject({
      code: 'unavailable',
      status: 0,
      retry: true,
    });
    expect(await get(failing(() => new Response('<html>', { status: 502 })))).toMatchObject({ code: 'unavailable', status: 502 });
    expect(await get(failing(() => json({ id: 'nonsense' })))).toMatchObject({ code: 'unavailable', status: 200 });
    expect(await get(failing(() => problem('not_found')))).toBeInstanceOf(ApiError);
  });

  it('reads bytes with their offsets', async () => {
    const { calls, fetch } = scripted(() => new Response('abc', { headers: { 'berth-from': '7', 'berth-to': '10' } }));
    const api = new BerthApi({ baseUrl: base, fetch, accessToken: 'T' });
    const range = await api.call('getSessionOutput', { params: { sessionId }, query: { from: 7 } });
    expect(range).toEqual({ from: 7, to: 10, bytes: new TextEncoder().encode('abc') });
    expect(calls[0]?.url).toBe(`${base}/v1/sessions/${sessionId}/output?from=7`);
  });
});
