import type { ConnectionState } from '@berth/client';
import type { RunUpdate } from '@berth/protocol';
import { endWords } from '../sessions/session-words.js';

/** What the page says about the connection and the session: one short line, and how alarming it is. */
export interface Status {
  text: string;
  tone: 'good' | 'waiting' | 'bad' | 'over';
  /** The session can be started again. */
  wake?: boolean;
  /** A new connection may be asked for. */
  reconnect?: string;
}

const ENDINGS: Record<number, Status> = {
  4401: { text: 'You were signed out', tone: 'bad' },
  4403: { text: 'You may no longer watch this session', tone: 'bad' },
  4404: { text: 'There is no such session', tone: 'bad' },
  4409: { text: 'Opened in another tab', tone: 'over', reconnect: 'Take over' },
};

/** The line for a connection and, once it is known, a run. */
export function statusOf(connection: ConnectionState, run: RunUpdate | undefined): Status {
  const end = run && endWords(run);
  if (connection.phase === 'ended') {
    if (connection.code === 1000 && end !== undefined) return { text: `Ended: ${end}`, tone: 'over' };
    return ENDINGS[connection.code] ?? { text: 'Disconnected', tone: 'bad', reconnect: 'Connect again' };
  }
  if (connection.phase === 'retrying') return { text: 'Connection lost, trying again', tone: 'bad' };
  if (connection.phase === 'connecting') return { text: 'Connecting', tone: 'waiting' };
  if (end !== undefined) return { text: `Suspended: ${end}`, tone: 'over', wake: true };
  if (run?.unreachable === true) return { text: 'Host unreachable', tone: 'bad' };
  if (run?.state === 'queued') return { text: 'Waiting for a host', tone: 'waiting' };
  if (run?.state === 'starting') return { text: 'Starting', tone: 'waiting' };
  if (run?.state === 'closing') return { text: 'Ending', tone: 'waiting' };
  return connection.phase === 'attached' ? { text: 'Connected', tone: 'good' } : { text: 'Connecting', tone: 'waiting' };
}
