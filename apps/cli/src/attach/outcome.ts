import type { ErrorCode, RunUpdate } from '@berth/protocol';
import { ERRORS, statusAfter } from '@berth/protocol';
import { EXIT } from '../failure.js';

/** How an attachment came to its end. `exitCode`: the program's own when it has ended. */
export interface Outcome {
  exitCode: number;
  message: string;
  advice?: string;
}

/** What ended a run that goes on no more, in words. */
const REASONS = {
  exited: 'has ended',
  cancelled: 'was closed',
  start_failed: 'could not be started',
  host_lost: 'is suspended: its host was lost',
  drained: 'is suspended: its host is being stopped',
  suspended: 'was suspended',
  idle: 'was suspended: nobody used it',
  budget: 'is suspended: its budget is used up',
  oom: 'is suspended: it ran out of memory',
} as const;

/** The run of a session is over. `name` as people call the session, `id` as commands take it. */
export function runEnded({ closeReason = 'exited', exitCode }: RunUpdate, name: string, id: string): Outcome {
  const words = `${name} ${REASONS[closeReason]}`;
  if (statusAfter(closeReason) === 'suspended') {
    return { exitCode: EXIT.failed, message: words, advice: `It goes on with: berth attach --wake ${id}` };
  }
  if (closeReason === 'exited') {
    const code = exitCode ?? EXIT.done;
    return { exitCode: code, message: code === 0 ? words : `${words} with exit code ${String(code)}` };
  }
  if (closeReason === 'start_failed') {
    return { exitCode: EXIT.failed, message: words, advice: 'Is the program installed on its host? The worker’s log says more' };
  }
  return { exitCode: exitCode ?? EXIT.failed, message: words };
}

/** The connection has ended for a reason that trying again does not mend. */
export function connectionEnded(error: ErrorCode | undefined, name: string): Outcome {
  switch (error) {
    case 'unauthenticated':
      return {
        exitCode: EXIT.notAuthorised,
        message: `your sign-in has ended; ${name} goes on`,
        advice: 'Sign in again with: berth login',
      };
    case 'forbidden':
      return {
        exitCode: EXIT.notAuthorised,
        message: `you may not type into ${name} any more`,
        advice: 'Watch it with: berth attach --watch',
      };
    case 'not_found':
      return { exitCode: EXIT.failed, message: `${name} is gone` };
    default:
      return {
        exitCode: EXIT.failed,
        message: `the connection to ${name} ended: ${error === undefined ? 'no reason given' : ERRORS[error].title}`,
      };
  }
}
