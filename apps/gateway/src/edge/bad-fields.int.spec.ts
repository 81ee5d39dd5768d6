import type { InvitedMember, RouteName, SessionView } from '@berth/protocol';
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
type WithBody = { [N in RouteName]: (typeof routes)[N] extends { body: z.ZodType } ? N : never }[RouteName];
type Body = Record<string, unknown>;
/** A list where the body is one of several shapes: one for each, in the catalogue's order. */
const GOOD_BODIES: Record<WithBody, Body | Body[]> = {
  login: { email: 'a@example.com', password: 'a password' },
  loginWithLink: { token: 'x'.repeat(43) },
  refresh: {},
  createSocketTicket: {},
  createSession: { kind: 'terminal' },
  updateSession: { title: 'a title' },
  updateMe: { name: 'a name' },
  setPassword: { password: 'a good password', currentPassword: 'a password' },
  addMember: { email: 'b@example.com', name: 'a name', role: 'member' },
  updateMember: { role: 'member' },
  setModelSettings: [
    { provider: 'anthropic', apiKey: 'sk-0123456789' },
    { provider: 'compatible', baseUrl: 'https://model.example', token: 'tk-0123456789' },
    { provider: 'scripted' },
  ],
};
const isWithBody = (name: string): name is WithBody => name in GOOD_BODIES;

/** Each shape of a route's body with a good one of it. */
function bodiesOf(name: WithBody): { schema: ObjectSchema; good: Body }[] {
  const { body } = routes[name];
  const shapes = body instanceof z.ZodObject ? [body] : body.options;
  return shapes.map((shape, index) => ({ schema: shapeOf(shape), good: [GOOD_BODIES[name]].flat()[index] ?? {} }));
}

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
  updateMe: { name: ['', ' ', 'a\r\nb', '\u0007', 'x'.repeat(101)] },
  setPassword: { password: ['', 'short'], currentPassword: [''] },
  addMember: {
    email: ['', 'x', 'a@b', `${'x'.repeat(300)}@example.com`, 'a@example.com\n'],
    name: ['', '\u001b[31m'],
    role: ['Owner', 'root', ''],
  },
  updateMember: { role: ['Owner', 'root', '', '__proto__'] },
  setModelSettings: {
    apiKey: ['', 'short', 'a key with spaces', 'a\nb-0123456789', 'ünïcode-0123456789'],
    token: ['', 'short', 'Bearer 0123456789'],
    baseUrl: [
      ...['', 'x', 'model.example', 'file:///etc/passwd', 'ftp://model.example', 'javascript:alert(1)', '//model.example'],
      ...['https://user:password@model.example', 'https://model.example/?key=1', 'https://model.example/#x'],
    ],
  },
};

let gateway: TestGateway;
let api: ApiClient;
let session: SessionView;
let colleague: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  ({ api } = await gateway.signedIn());
  session = await api.expect('POST', '/v1/sessions', { kind: 'terminal' });
  const { member } = await api.expect<InvitedMember>('POST', '/v1/members', { email: 'colleague@example.com' });
  colleague = member.user.id;
});
afterAll(() => gateway.close());

const shapeOf = (schema: z.ZodObject): ObjectSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', metadata: z.registry() }) as unknown as ObjectSchema;
const concrete = (path: string): string => path.replace('{sessionId}', session.id).replace('{userId}', colleague);
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
      ? bodiesOf(name).flatMap(({ schema, good }) =>
          Object.entries(schema.properties).map(([field, of]) => ({ name, field, schema: of, good })),
        )
      : [],
  );

  it.each(cases)('$name: $field', async ({ name, field, schema, good }) => {
    for (const value of wrongValues(schema)) await expectRefused(name, field, { ...good, [field]: value });
    for (const [path, values] of Object.entries(MORE[name] ?? {})) {
      if (path.split('.')[0] !== field) continue;
      for (const value of values) await expectRefused(name, field, { ...good, [field]: value });
    }
  });

  it.each(Object.keys(GOOD_BODIES).filter(isWithBody))('%s: what is missing, what nobody knows, what is no object', async (name) => {
    for (const { schema, good } of bodiesOf(name)) {
      for (const field of schema.required ?? []) {
        const { [field]: _left, ...rest } = good;
        await expectRefused(name, field, rest);
      }
      await expectRefused(name, 'surprise', { ...good, surprise: 1 });
    }
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
    search: ['', '%20%20', 'a%00b', 'a%0ab', '%1b%5b31m', 'x'.repeat(201), 'a&search=b'],
    from: ['-1', '281474976710656', '1.5', 'x', '', 'NaN', 'Infinity', '1&from=2'],
    to: [
      '-1',
      'x',
      '',
      '2026-13-01',
      '2026-02-30',
      '2026-1-1',
      '20260101',
      '2026-01-01T00:00:00Z',
      "2026-01-01'--",
      '2026-01-01&to=2026-01-02',
    ],
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
    const body = isWithBody(name) ? { body: [GOOD_BODIES[name]].flat()[0] } : {};
    const told = async (id: string) => ({
      ...(await api.problem(route.method, route.path.replaceAll(/\{\w+\}/g, id), body)),
      requestId: '',
    });
    const unknown = await told(route.path.includes('{userId}') ? `usr_${'0'.repeat(32)}` : SESSION);
    expect(unknown).toMatchObject({ status: 404, code: 'not_found' });
    for (const id of ids) expect(await told(id), id).toEqual(unknown);
  });
});
