import type { ServerResponse } from 'node:http';

/** Types of the Messages API's errors, by status. */
const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

const errorType = (status: number): string => ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');

/** Answers with an error in the shape of the Messages API; a 429 says when to come back. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ type: 'error', error: { type: errorType(status), message }, request_id: 'req_scripted' });
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '1' } : {}) }).end(body);
}
