import type { RouteName, SessionView } from '@berth/protocol';
import { routes } from '@berth/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ApiClient } from '../testing/api-client.js';
import { startTestGateway } from '../testing/test-gateway.js';
import type { TestGateway } from '../testing/test-gateway.js';
import { wrongValues } from '../testing/wrong-values.js';

interface ObjectSchema {
  properties: Record<string, Record<string, unknown>>;
  required?: string[];
}

const SESSION = `ses_${'0'.repeat(32)}`;

/** A body for each route that takes one, which is good as it is; a route that is missing here does not compile. */
type WithBody = { [N in RouteName]: (typeof routes)[N] extends { body: z.ZodObject } ? N : never }[RouteName];
const GOOD_BODIES: Record<WithBody, Record<string, unknown>> = {
  login: { email: 'a@example.com', password: 'a password' },
  loginWithLink: { token: 'x'.repeat(43) },
  refresh: {},
  createSocketTicket: {},
  createSession: { kind: 'terminal' },
  updateSession: { title: 'a title' },
};
const isWithBody = (name: string): name is WithBody => name in GOOD_BODIES;

/** What JSON schema cannot say: each by field. */
const MORE: Partial<Record<WithBody, Record<string, unknown[]>>> = {
  createSession: {
    title: ['', '   ', 'a\nb', 'a\u0000b', '\u001b[31mred', 'x'.repeat(201)],
    command: [[''], ['', 'x']],
    'command.0': [['a\u0000b'], ['x'.repeat(40_000)]],
    cols: [0, 1, -1, 1e9, 1001, '80', 80.5],
    rows: [0, -1, 1e9, 501, '24'],
  },
  updateSession: { title: ['', 'a\r\nb', '\u0007'] },
};

let gateway: TestGateway;
let api: ApiClient;
let session: SessionView;
beforeAll(async () => {
  gateway = await startTestGateway();
  ({ api } = await gateway.signedIn());
  session = await api.expect('POST', '/v1/sessions', { kind: 'terminal' });
});
afterAll(() => gateway.close());

const shapeOf = (schema: z.ZodObject): ObjectSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', metadata: z.registry() }) as unknown as ObjectSchema;
const concrete = (path: string): string => path.replace('{sessionId}', session.id);
/** The field itself or something inside it. */
const names = (problem: { issues?: { path: string }[] | undefined }, field: string): boolean =>
  problem.issues?.some(({ path }) => path === field || path.startsWith(`${field}.`)) ?? false;

async function expectRefused(name: WithBody, field: string, body: Record<string, unknown>): Promise<void> {
  const { method, path } = routes[name];
  // A new client each time: a new address, so that no limit on tries answers first.
  const headers = { 'x-forwarded-for': gateway.client().address };
  const problem = await api.problem(method, concrete(path), { body, headers });
  const sent = JSON.stringify(body[field])?.slice(0, 80) ?? 'nothing';
  expect(problem, `${field} = ${sent}`).toMatchObject({ status: 422, code: 'invalid_request' });
  expect(names(problem, field), `${field} = ${sent} is named in ${JSON.stringify(problem.issues)}`).toBe(true);
}

describe('every field of every body, out of its range, is refused with 422 and named', () => {
  const cases = Object.entries(routes).flatMap(([name, route]) =>
    isWithBody(name) && 'body' in route
      ? Object.entries(shapeOf(route.body).properties).map(([field, schema]) => ({ name, field, schema }))
      : [],
  );

  it.each(cases)('$name: $field', async ({ name, field, schema }) => {
    for (const value of wrongValues(schema)) await expectRefused(name, field, { ...GOOD_BODIES[name], [field]: value });
    for (const [path, values] of Object.entries(MORE[name] ?? {})) {
      if (path.split('.')[0] !== field) continue;
      for (const value of values) await expectRefused(name, field, { ...GOOD_BODIES[name], [field]: value });
    }
  });

  it.each(Object.keys(GOOD_BODIES).filter(isWithBody))('%s: what is missing, what nobody knows, what is no object', async (name) => {
    const good = GOOD_BODIES[name];
    for (const field of shapeOf(routes[name].body).required ?? []) {
      const { [field]: _left, ...rest } = good;
      await expectRefused(name, field, rest);
    }
    await expectRefused(name, 'surprise', { ...good, surprise: 1 });
    for (const body of ['[]', '"text"', '7', 'null']) {
      const problem = await api.problem(routes[name].method, concrete(routes[name].path), { body });
      expect([400, 422], body).toContain(problem.status);
    }
  });
});

describe('every parameter of every query, out of its range, is refused with 422 and named', () => {
  const WRONG: Record<string, string[]> = {
    limit: ['0', '201', '-1', '1.5', 'x', '', '1e9', '1&limit=2'],
    cursor: ['', '%27%20OR%201%3D1', 'a%00b', 'x'.repeat(257), '..%2F..'],
    status: ['gone', '', 'queued&status=running', 'constructor'],
    kind: ['x', '', '__proto__'],
    from: ['-1', '281474976710656', '1.5', 'x', '', 'NaN', 'Infinity', '1&from=2'],
  };
  const cases = Object.entries(routes).flatMap(([name, route]) =>
    'query' in route ? Object.keys(shapeOf(route.query).properties).map((field) => ({ name, route, field })) : [],
  );

  it.each(cases)('$name: $field', async ({ route, field }) => {
    expect(WRONG[field], `${field} has no wrong values in this spec yet`).toBeDefined();
    for (const value of WRONG[field] ?? []) {
      const problem = await api.problem(route.method, `${concrete(route.path)}?${field}=${value}`);
      expect(problem, value).toMatchObject({ status: 422, code: 'invalid_request', issues: [{ path: field }] });
    }
  });

  it.each(Object.entries(routes).filter(([, route]) => 'query' in route))('%s: T6 a parameter that nobody knows', async (_name, route) => {
    const problem = await api.problem(route.method, `${concrete(route.path)}?sort=title%3BDROP%20TABLE`);
    expect(problem).toMatchObject({ status: 422, issues: [{ path: 'sort' }] });
  });
});

describe('every id in a path that is none is as unknown as one that never was', () => {
  const cases = Object.entries(routes).filter(([, route]) => 'params' in route);
  it.each(cases)('%s', async (name, route) => {
    const ids = [
      'ses_1',
      `SES_${'0'.repeat(32)}`,
      `ten_${'0'.repeat(32)}`,
      `ses_${'0'.repeat(33)}`,
      `ses_${'g'.repeat(32)}`,
      '..%2F..%2Fme',
      '%00',
      '%ff',
      "'",
      `${SESSION}%0a`,
    ];
    const body = isWithBody(name) ? { body: GOOD_BODIES[name] } : {};
    const told = async (id: string) => ({
      ...(await api.problem(route.method, route.path.replace('{sessionId}', id), body)),
      requestId: '',
    });
    const unknown = await told(SESSION);
    expect(unknown).toMatchObject({ status: 404, code: 'not_found' });
    for (const id of ids) expect(await told(id), id).toEqual(unknown);
  });
});
