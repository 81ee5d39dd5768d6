import type { SessionView } from '@berth/protocol';
import { Badge } from '../ui/badge.js';
import { statusOfSession } from './session-words.js';

/** A session's status: a word with a colour. */
export function StatusBadge({ session }: { session: Pick<SessionView, 'status' | 'run'> }) {
  const { words, tone } = statusOfSession(session);
  return (
    <Badge tone={tone} dot>
      {words}
    </Badge>
  );
}
