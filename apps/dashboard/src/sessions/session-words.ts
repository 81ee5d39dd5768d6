import type { CloseReason, PermissionMode, RunUpdate, SessionStatus, SessionView } from '@berth/protocol';
import type { Tone } from '../ui/badge.js';

/** Most letters of a title, as the server takes them. */
export const TITLE_LENGTH = 200;

const REASONS: Record<CloseReason, string> = {
  exited: 'the program ended',
  cancelled: 'it was closed',
  start_failed: 'the program could not be started',
  host_lost: 'its host was lost',
  drained: 'its host is being replaced',
  suspended: 'it was suspended',
  idle: 'it was idle',
  budget: 'its budget is used up',
  oom: 'it ran out of memory',
};

const STATUSES: Record<SessionStatus, { words: string; tone: Tone }> = {
  queued: { words: 'Waiting for a host', tone: 'wait' },
  starting: { words: 'Starting', tone: 'wait' },
  running: { words: 'Running', tone: 'good' },
  suspended: { words: 'Suspended', tone: 'calm' },
  closed: { words: 'Closed', tone: 'over' },
};

/** A session's status in a word, and its colour. */
export function statusOfSession({ status, run }: Pick<SessionView, 'status' | 'run'>): { words: string; tone: Tone } {
  return status === 'running' && run.state === 'closing' ? { words: 'Ending', tone: 'wait' } : STATUSES[status];
}

/** Why a run ended, for people; undefined while it has not. */
export function endWords({ state, closeReason, exitCode }: RunUpdate): string | undefined {
  if (state !== 'closed') return undefined;
  const reason = closeReason === undefined ? 'it ended' : REASONS[closeReason];
  return exitCode === undefined || closeReason !== 'exited' ? reason : `${reason} (exit code ${exitCode})`;
}

/** Why a session that does not run stopped; undefined when there is nothing to say about it. */
export function stopWords({ status, run }: Pick<SessionView, 'status' | 'run'>): string | undefined {
  return status === 'suspended' || status === 'closed' ? endWords(run) : undefined;
}

/** A program and its arguments on one line, to be read: arguments with spaces or quotes stand in quotes. Never to be run. */
export const commandLine = (argv: readonly string[]): string =>
  argv.map((argument) => (/^[^\s"']+$/u.test(argument) ? argument : JSON.stringify(argument))).join(' ');

/** What runs in a session. */
export const programWords = ({ program, command }: Pick<SessionView, 'program' | 'command'>): string =>
  program === 'claude' ? 'Claude Code' : commandLine(command);

/** The end of a path, which tells more than its beginning. */
export function shortPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.length > 2 ? `…/${parts.slice(-2).join('/')}` : path;
}

/** How Claude Code asks, from careful to careless. */
export const PERMISSION_WORDS: Record<PermissionMode, { label: string; description: string }> = {
  manual: { label: 'Ask before each change', description: 'Asks before it edits a file or runs a command. A good start.' },
  acceptEdits: { label: 'Edit files freely', description: 'Edits files without asking; still asks before commands.' },
  plan: { label: 'Plan first', description: 'Reads and proposes a plan; changes nothing until you agree.' },
  auto: { label: 'Decide by itself', description: 'Goes on where it judges an action to be safe, asks otherwise.' },
  dontAsk: { label: 'Never ask', description: 'Refuses what is not allowed beforehand, instead of asking.' },
  bypassPermissions: { label: 'Skip all checks', description: 'Does everything without asking. Only where nothing can be harmed.' },
};
