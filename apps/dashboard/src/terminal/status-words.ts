import type { CloseReason, RunUpdate } from '@berth/protocol';
import { statusAfter } from '@berth/protocol';
import { endWords } from '../sessions/session-words.js';
import type { Tone } from '../ui/badge.js';
import type { TerminalState } from './session-terminal.js';

/** What the page says about the connection and the session. */
export interface Status {
  /** Two or three words. */
  text: string;
  tone: Tone;
  /** What it means and what can be done, where that is not plain. */
  detail?: string;
  /** What the button beside it does, and its words. */
  action?: { kind: 'wake' | 'connect' | 'leave'; label: string };
}

const LEAVE = { kind: 'leave', label: 'All sessions' } as const;

const ENDINGS: Record<number, Status> = {
  4401: { text: 'Signed out', tone: 'bad', detail: 'Sign in again to go on. The session goes on without you.' },
  4403: {
    text: 'No access',
    tone: 'bad',
    detail: 'You may no longer watch this session. Ask an admin of your team if that is a mistake.',
    action: LEAVE,
  },
  4404: {
    text: 'Not found',
    tone: 'bad',
    detail: 'There is no such session: it may have been deleted, or belong to another team.',
    action: LEAVE,
  },
  4409: {
    text: 'Open elsewhere',
    tone: 'over',
    detail: 'This session was opened in another tab that began as a copy of this one.',
    action: { kind: 'connect', label: 'Continue here' },
  },
};

const BROKEN: Status = {
  text: 'Disconnected',
  tone: 'bad',
  detail: 'The connection ended for a reason that trying again did not mend. The session itself goes on.',
  action: { kind: 'connect', label: 'Connect again' },
};

const RETRYING = 'The session goes on; what you type is kept, and sent when the connection is back.';
const UNREACHABLE =
  'The machine that runs this session does not answer. Its output goes on when it is back, and what you type is kept until then.';

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** What ends a run for good leaves a session to read; after anything else it can be woken. */
function afterRun(run: RunUpdate, end: string): Status {
  if (statusAfter(run.closeReason ?? ('exited' satisfies CloseReason)) === 'suspended')
    return {
      text: 'Suspended',
      tone: 'calm',
      detail: `${sentence(end)} Wake it to go on; what is shown stays.`,
      action: { kind: 'wake', label: 'Wake' },
    };
  const failed = run.closeReason === 'start_failed';
  return {
    text: failed ? 'Not started' : 'Closed',
    tone: failed ? 'bad' : 'over',
    detail: `${sentence(end)} ${failed ? 'Start a new session with another program or folder.' : 'What is shown can be read for a day; start a new one to go on working.'}`,
    action: LEAVE,
  };
}

function whileConnected(run: RunUpdate | undefined, attached: boolean): Status {
  if (run?.unreachable === true) return { text: 'Host unreachable', tone: 'bad', detail: UNREACHABLE };
  if (run?.state === 'queued')
    return {
      text: 'Queued',
      tone: 'wait',
      detail: 'Waiting for a machine with room for it. It starts by itself; you can leave this page.',
    };
  if (run?.state === 'starting') return { text: 'Starting', tone: 'wait' };
  if (run?.state === 'closing') return { text: 'Ending', tone: 'wait' };
  return attached ? { text: 'Connected', tone: 'good' } : { text: 'Connecting', tone: 'wait' };
}

/** The words for a connection and, once it is known, a run: what stands in the way, the nearest first. `broken`: a connection is being replaced. */
export function statusOf({ connection, run, broken }: Pick<TerminalState, 'connection' | 'run' | 'broken'>): Status {
  const end = run && endWords(run);
  if (connection.phase === 'ended') {
    if (connection.code === 1000 && run && end !== undefined) return afterRun(run, end);
    return ENDINGS[connection.code] ?? BROKEN;
  }
  if (broken) return { text: 'Reconnecting', tone: 'bad', detail: RETRYING };
  if (connection.phase === 'connecting') return { text: 'Connecting', tone: 'wait' };
  if (run && end !== undefined) return afterRun(run, end);
  return whileConnected(run, connection.phase === 'attached');
}
