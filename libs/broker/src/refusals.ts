import type { ServerResponse } from 'node:http';

interface Refusal {
  status: number;
  type: string;
  message: string;
  /** Whether the same request may succeed before long: Claude Code retries such ones by itself, for minutes, and shows others at once. */
  retry: boolean;
}

/** 402 is for what the person can mend under Settings: Claude Code shows its text as it is, and puts an advice of its own to others (401: /login). */
const refusals = {
  wrong_placeholder: {
    status: 401,
    type: 'authentication_error',
    message: 'This is the model endpoint of one Berth session and takes only the token of that session while it runs.',
    retry: false,
  },
  run_over: {
    status: 401,
    type: 'authentication_error',
    message: 'This run of the session is over: another one may be under way. Wake the session in Berth to go on.',
    retry: false,
  },
  no_upstream: {
    status: 402,
    type: 'billing_error',
    message: 'No model is set up yet. In Berth, open Settings → Model and add an Anthropic API key or another service, then try again.',
    retry: false,
  },
  key_rejected: {
    status: 402,
    type: 'billing_error',
    message: "The model's service rejected the key that Berth has for it. In Berth, replace it under Settings → Model, then try again.",
    retry: false,
  },
  redirected: {
    status: 402,
    type: 'billing_error',
    message: "The model's service redirects elsewhere, which Berth does not follow. In Berth, check the address under Settings → Model.",
    retry: false,
  },
  unknown_path: { status: 404, type: 'not_found_error', message: 'Berth passes on model calls only.', retry: false },
  too_large: { status: 413, type: 'request_too_large', message: 'The request is too large for the Messages API.', retry: false },
  unreachable: {
    status: 502,
    type: 'api_error',
    message: "Berth cannot reach the model's service. If this goes on, check Settings → Model in Berth.",
    retry: true,
  },
  lookup_failed: {
    status: 503,
    type: 'api_error',
    message: 'Berth cannot look up its model settings just now.',
    retry: true,
  },
  silent: { status: 504, type: 'api_error', message: "The model's service does not answer.", retry: true },
} satisfies Record<string, Refusal>;

/** Why the broker itself answers a call with an error. */
export type RefusalReason = keyof typeof refusals;

/** Answers with an error in the Messages API's shape, or cuts the answer if one has begun. */
export function refuse(response: ServerResponse, reason: RefusalReason): void {
  if (response.headersSent) return void response.destroy();
  const { status, type, message, retry } = refusals[reason];
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': String(retry) });
  response.end(JSON.stringify({ type: 'error', error: { type, message } }));
}
