import type { ErrorCode, Route } from '@berth/protocol';
import { ERRORS, Problem, routes } from '@berth/protocol';
import { z } from 'zod';
import { refreshCookieName } from '../auth/refresh-cookie.js';
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';

type OpenApiDocument = ReturnType<typeof createDocument>;

const problem = (description: string) => ({ description, content: { 'application/problem+json': { schema: Problem } } });

/** Health and readiness stand outside the catalogue: they have no version and answer without the store. */
const SYSTEM_PATHS: ZodOpenApiPathsObject = {
  '/health': {
    get: {
      operationId: 'health',
      summary: 'The process is alive',
      security: [],
      responses: { 200: { description: 'Alive', content: { 'application/json': { schema: z.object({ status: z.literal('ok') }) } } } },
    },
  },
  '/ready': {
    get: {
      operationId: 'ready',
      summary: 'The gateway can serve',
      security: [],
      responses: Object.fromEntries(
        (['200', '503'] as const).map((status) => [
          status,
          {
            description: status === '200' ? 'It can' : 'It cannot, for these reasons',
            content: { 'application/json': { schema: z.object({ ready: z.boolean(), reasons: z.array(z.string()) }) } },
          },
        ]),
      ),
    },
  },
};

/** The OpenAPI 3.1 document of the whole REST interface, derived from the catalogue. */
export function openApiDocument({ secureCookie }: { secureCookie: boolean }): OpenApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [name, route] of Object.entries(routes) as [string, Route][]) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Berth',
      version: '1',
      description: 'Sessions of a team on shared machines, none of them ever lost.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        cookie: { type: 'apiKey', in: 'cookie', name: refreshCookieName(secureCookie) },
      },
    },
    paths: { ...SYSTEM_PATHS, ...paths },
  });
}

function operation(operationId: string, route: Route): ZodOpenApiOperationObject {
  return {
    operationId,
    summary: route.summary,
    security: route.auth === 'none' ? [] : [{ [route.auth]: [] }],
    ...(route.params || route.query
      ? { requestParams: { ...(route.params ? { path: route.params } : {}), ...(route.query ? { query: route.query } : {}) } }
      : {}),
    ...(route.body ? { requestBody: { content: { 'application/json': { schema: route.body } } } } : {}),
    responses: {
      [route.status]: success(route),
      ...failures([...route.errors, ...edgeErrors(route)]),
      default: problem('Any other failure'),
    },
  };
}

/** What is answered before a handler is reached: credentials in the address, a foreign page, a body that cannot be read. */
const edgeErrors = ({ method, body }: Route): ErrorCode[] => [
  'unauthenticated',
  ...(method === 'GET' ? [] : (['origin_forbidden'] as const)),
  ...(body ? (['malformed_request', 'payload_too_large', 'unsupported_media_type'] as const) : []),
];

function success({ response, summary }: Route) {
  if (response === undefined) return { description: summary };
  if (response === 'bytes') {
    return {
      description: summary,
      headers: z.object({ 'Berth-From': z.string(), 'Berth-To': z.string() }),
      content: { 'application/octet-stream': { schema: { type: 'string' as const, format: 'binary' } } },
    };
  }
  return { description: summary, content: { 'application/json': { schema: response } } };
}

/** Error codes by status; several may share one. */
function failures(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(
    [...new Set(codes)].filter((code) => ERRORS[code].http !== null),
    (code) => ERRORS[code].http,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [String(status), problem(same.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; '))]),
  );
}
