import { z } from 'zod';

interface ErrorRow {
  /** HTTP status, or null where the error only exists on sockets. */
  http: number | null;
  /** WebSocket close code, or null where the error only exists over HTTP. */
  ws: number | null;
  /** Whether the same call may succeed later without being changed. */
  retry: boolean;
  title: string;
}

/** Every error that Berth answers with: one row each, the same code over HTTP, sockets and in logs. */
export const ERRORS = {
  invalid_request: { http: 422, ws: 4422, retry: false, title: 'The request has a field that cannot be accepted' },
  malformed_request: { http: 400, ws: 4422, retry: false, title: 'The request could not be read' },
  unauthenticated: { http: 401, ws: 4401, retry: false, title: 'Sign in to continue' },
  invalid_credentials: { http: 401, ws: null, retry: false, title: 'The e-mail address or password is wrong' },
  forbidden: { http: 403, ws: 4403, retry: false, title: 'You may not do this' },
  origin_forbidden: { http: 403, ws: null, retry: false, title: 'Requests from this origin are not accepted' },
  not_found: { http: 404, ws: 4404, retry: false, title: 'There is no such thing' },
  method_not_allowed: { http: 405, ws: null, retry: false, title: 'This method is not offered here' },
  conflict: { http: 409, ws: null, retry: false, title: 'The current state does not allow this' },
  payload_too_large: { http: 413, ws: 1009, retry: false, title: 'The request is too large' },
  unsupported_media_type: { http: 415, ws: 1003, retry: false, title: 'This content type is not accepted' },
  range_pruned: { http: 416, ws: null, retry: false, title: 'That part of the output is no longer kept' },
  upgrade_required: { http: 426, ws: null, retry: false, title: 'Use a WebSocket for this address' },
  rate_limited: { http: 429, ws: 4429, retry: true, title: 'Too many requests' },
  input_full: { http: 429, ws: null, retry: true, title: 'The session does not read its input' },
  internal: { http: 500, ws: 4500, retry: true, title: 'Something went wrong on our side' },
  unavailable: { http: 503, ws: 4503, retry: true, title: 'A service that Berth needs cannot be reached' },
  session_unreachable: { http: 503, ws: 4503, retry: true, title: 'The host of this session cannot be reached' },
  draining: { http: 503, ws: 1012, retry: true, title: 'This gateway is shutting down' },
  too_slow: { http: null, ws: 4408, retry: true, title: 'The viewer did not keep up' },
  superseded: { http: null, ws: 4409, retry: false, title: 'A newer connection of the same client took over' },
  lease_lost: { http: null, ws: null, retry: false, title: 'Another run owns this session now' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export const ErrorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** One field that was refused: its path (`a.b.0`) and what is expected there. The value itself is never echoed. */
export const Issue = z.object({ path: z.string(), message: z.string() });
export type Issue = z.infer<typeof Issue>;

/** RFC 9457 body of every error answer. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: ErrorCode,
    detail: z.string().optional(),
    requestId: z.string().optional(),
    issues: z.array(Issue).optional(),
    limit: z.string().optional(),
    retryAfter: z.int().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

export interface ErrorDetails {
  /** Says what to do; shown to the caller, so it holds no secret, path, SQL or echoed input. */
  detail?: string;
  issues?: Issue[];
  limit?: string;
  /** Seconds after which a retry makes sense. */
  retryAfter?: number;
}

/** An expected failure with its row in {@link ERRORS}; anything else that is thrown is answered as `internal`. */
export class AppError extends Error {
  override readonly name = 'AppError';
  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(details.detail ?? ERRORS[code].title, options);
  }
}

/** RFC 9457 body for an error code. */
export function toProblem(code: ErrorCode, details: ErrorDetails, requestId?: string): Problem {
  const row = ERRORS[code];
  return {
    type: `urn:berth:problem:${code}`,
    title: row.title,
    status: row.http ?? 500,
    code,
    ...details,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** Refused fields of a failed zod parse, without the refused values. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.map((issue) => ({
    path: [...issue.path, ...(issue.code === 'unrecognized_keys' ? [issue.keys[0] ?? ''] : [])].join('.'),
    message: issue.code === 'unrecognized_keys' ? 'is not a known field' : issue.message,
  }));
}
