import type { RouteName, routes } from '@berth/protocol';
import { AppError, issuesOf } from '@berth/protocol';
import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { Request } from 'express';
import type { z } from 'zod';
import { routeOf } from './route.decorator.js';

const DETAIL = 'See issues for the fields that cannot be accepted.';

type Part<R, K extends string> = R extends { [P in K]: infer S extends z.ZodType } ? z.infer<S> : undefined;

/** Everything that a call carries, parsed by its schemas. */
export interface RouteInput<N extends RouteName> {
  params: Part<(typeof routes)[N], 'params'>;
  query: Part<(typeof routes)[N], 'query'>;
  body: Part<(typeof routes)[N], 'body'>;
}

/**
 * Parses path, query and body by the catalogue. A path that names no possible thing is `not_found`, exactly as one that names
 * somebody else's; everything else that does not fit is `invalid_request` with the fields.
 */
export const Input = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<Request>();
  const route = routeOf(context);
  if (!route) throw new Error('@Input() stands on a handler without @Route()');
  const params = route.params?.safeParse(request.params);
  if (params && !params.success) throw new AppError('not_found');
  const body = route.body ? parseBody(route.body, request) : undefined;
  return { params: params?.data, query: route.query && parse(route.query, withoutEmpty(request.query)), body };
});

/** `?from=` says nothing, and must not be read as a zero. */
function withoutEmpty(query: Request['query']): Request['query'] {
  const issues = Object.entries(query).flatMap(([path, value]) => (value === '' ? [{ path, message: 'must not be empty' }] : []));
  if (issues.length > 0) throw new AppError('invalid_request', { detail: DETAIL, issues });
  return query;
}

function parseBody(schema: z.ZodType, request: Request): unknown {
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined;
  if (hasBody && !request.is('application/json')) {
    throw new AppError('unsupported_media_type', { detail: 'Send JSON with the header Content-Type: application/json.' });
  }
  return parse(schema, request.body ?? {});
}

function parse(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_request', { detail: DETAIL, issues: issuesOf(parsed.error) });
}
