import { ApiError } from '@berth/client';
import { EnvError } from '@berth/env';
import { plain } from './output/plain-text.js';

/** What the exit code says. A signal adds its number to 128; `attach` ends with the code of the session's program. */
export const EXIT = { done: 0, failed: 1, usage: 2, notAuthorised: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line of what is wrong and one of what to do. */
export interface Explanation {
  exitCode: number;
  message: string;
  advice?: string | undefined;
}

/** A failure that says what to do; ends the command. */
export class CliError extends Error implements Explanation {
  override readonly name = 'CliError';
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly advice?: string,
  ) {
    super(message);
  }
}

/** Nobody is signed in on this server. */
export const notSignedIn = (server: string): CliError =>
  new CliError(EXIT.notAuthorised, `you are not signed in at ${server}`, 'Sign in with: berth login, or berth login <link>');

/** Puts any failure into words. What the server says is shown without anything that could drive a terminal. */
export function explain(error: unknown, server: string | undefined): Explanation {
  if (error instanceof CliError) return error;
  if (error instanceof EnvError) return { exitCode: EXIT.usage, message: error.message };
  if (error instanceof ApiError) return explainAnswer(error, server ?? 'the server');
  return {
    exitCode: EXIT.failed,
    message: plain(error instanceof Error ? error.message : String(error)),
    advice: 'This looks like a mistake in berth itself. berth doctor checks the surroundings.',
  };
}

function explainAnswer(error: ApiError, server: string): Explanation {
  const message = [error.message, ...error.issues.map((issue) => `${issue.path} ${issue.message}`)].map((text) => plain(text)).join('; ');
  switch (error.code) {
    case 'unauthenticated':
      return notSignedIn(server);
    case 'invalid_credentials':
      return { exitCode: EXIT.notAuthorised, message, advice: 'Try again, or ask an admin for a new link: berth user reset <email>' };
    case 'forbidden':
    case 'origin_forbidden':
      return { exitCode: EXIT.notAuthorised, message, advice: 'berth whoami shows your role; owners and admins may do more' };
    case 'invalid_request':
    case 'malformed_request':
      return { exitCode: EXIT.usage, message, advice: 'See the command with --help' };
    case 'rate_limited': {
      const seconds = error.problem?.retryAfter;
      return { exitCode: EXIT.failed, message, advice: seconds === undefined ? 'Wait a moment' : `Try again in ${String(seconds)} s` };
    }
    case 'not_found':
      // On an address of our own a 404 means that the server does not know it.
      return { exitCode: EXIT.failed, message, advice: 'berth sessions ls --all and berth user ls show what there is' };
    case 'unavailable':
      return explainSilence(error, server);
    case 'session_unreachable':
    case 'draining':
      return { exitCode: EXIT.unreachable, message, advice: 'Try again in a moment; berth doctor says more' };
    default:
      return { exitCode: EXIT.failed, message, advice: requestOf(error) };
  }
}

function explainSilence(error: ApiError, server: string): Explanation {
  if (error.status === 0) {
    return {
      exitCode: EXIT.unreachable,
      message: `${server} cannot be reached${reasonOf(error)}`,
      advice: 'Is it running, and is the address right? berth doctor checks step by step; --server <url> names another one',
    };
  }
  if (error.problem) return { exitCode: EXIT.unreachable, message: plain(error.message), advice: 'Try again in a moment' };
  return {
    exitCode: EXIT.unreachable,
    message: `${server} answered (${String(error.status)}) with something that is not Berth's, or of another version`,
    advice: 'berth doctor finds out which',
  };
}

/** Why a connection failed, in the system's short word. */
function reasonOf(error: ApiError): string {
  const failed = error.cause instanceof Error ? (error.cause.cause ?? error.cause) : undefined;
  if (!(failed instanceof Error)) return '';
  const word = (failed as NodeJS.ErrnoException).code ?? failed.message;
  return ` (${plain(word)})`;
}

const requestOf = ({ problem }: ApiError): string | undefined =>
  problem?.requestId === undefined ? undefined : `The server's log has more under request ${plain(problem.requestId)}`;
