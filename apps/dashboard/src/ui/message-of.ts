import { ApiError } from '@berth/client';

/** What to tell somebody about something that failed: what happened, and what can be done. */
export function messageOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof ApiError)) return 'Something went wrong on this page. Reload it and try again.';
  if (error.status === 0) return 'Berth cannot be reached. Check the connection; your sessions go on meanwhile.';
  if (error.code === 'rate_limited') return rateLimited(error.problem?.retryAfter);
  if (error.code === 'internal' && error.problem?.requestId !== undefined)
    return `Something went wrong on the server. Its log has more under request ${error.problem.requestId}.`;
  const [issue] = error.issues;
  if (error.code === 'invalid_request' && error.problem?.detail === undefined && issue) return `${issue.path}: ${issue.message}`;
  return sentence(error.message);
}

const rateLimited = (seconds: number | undefined): string =>
  seconds === undefined ? 'Too many tries. Wait a little, then try again.' : `Too many tries. Try again in ${seconds} s.`;

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
