import type { SessionView } from '@berth/protocol';
import type { KeyboardEvent, Ref } from 'react';
import { useMemberNames } from '../members/member-queries.js';
import { SessionRow } from './session-row.js';

const LINKS = 'a[data-session-link]';

/** From the link that has the focus to another one: by arrows, Home and End. */
function move(event: KeyboardEvent<HTMLUListElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>(LINKS)];
  const row = event.target instanceof Element ? event.target.closest('li') : null;
  const at = links.findIndex((link) => link.closest('li') === row);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const targets: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 };
  const target = targets[event.key];
  // A menu's button opens by an arrow: it keeps it.
  if (target === undefined || !(event.target instanceof Element) || !event.target.matches(LINKS)) return;
  event.preventDefault();
  links[target]?.focus();
}

export interface SessionListProps {
  sessions: readonly SessionView[];
  /** Shows an older question's answer while the next one is under way. */
  isStale: boolean;
  ref: Ref<HTMLUListElement>;
}

/** Sessions, one a row; arrows move through them, Enter opens. */
export function SessionList({ sessions, isStale, ref }: SessionListProps) {
  const nameOf = useMemberNames();
  return (
    <ul ref={ref} className={`session-list${isStale ? ' stale' : ''}`} aria-label="Sessions" onKeyDown={move}>
      {sessions.map((session) => (
        <SessionRow key={session.id} session={session} createdBy={nameOf(session.createdBy)} />
      ))}
    </ul>
  );
}
