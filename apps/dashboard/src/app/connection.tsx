import './connection.css';
import type { ControlStatus } from '@berth/client';
import { useLive } from './live-context.js';

const WORDS: Record<ControlStatus, string> = { connected: 'Live', connecting: 'Connecting', offline: 'Not connected' };

/** Whether what the page shows follows the server. */
export function ConnectionMark() {
  const { status } = useLive();
  return (
    <span className="connection-mark" data-status={status} role="status">
      {WORDS[status]}
    </span>
  );
}

/** Says that the page cannot follow the server at present; it tries again by itself. */
export function ConnectionBanner() {
  const { status } = useLive();
  if (status !== 'offline') return null;
  return (
    <div className="connection-banner" role="alert">
      The connection to Berth is lost. Trying again; your sessions go on meanwhile.
    </div>
  );
}
