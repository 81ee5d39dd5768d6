import { Plus } from 'lucide-react';
import { Button } from '../ui/button.js';
import { Mark } from '../ui/mark.js';
import type { SessionFilter } from './session-cache.js';

/** What an empty list means, and what to do about it. Without `onCreate` for those who cannot start one. */
export function NoSessions({ filter: { shown, search }, onCreate }: { filter: SessionFilter; onCreate?: () => void }) {
  if (search.trim() !== '')
    return (
      <div className="empty">
        <h2>Nothing found</h2>
        <p>
          No {shown === 'all' ? '' : `${shown} `}session has “{search.trim()}” in its title.
        </p>
      </div>
    );
  if (shown === 'closed')
    return (
      <div className="empty">
        <h2>No closed sessions</h2>
        <p>Sessions that ended or were closed stay here, with their output, until somebody deletes them.</p>
      </div>
    );
  return (
    <div className="empty">
      <Mark size={40} />
      <h2>Start your first session</h2>
      <p>
        A session is a terminal with Claude Code, or any other program, that runs on the server. Close the laptop: it goes on, and you find
        it here again, on any device.
      </p>
      {onCreate ? (
        <>
          <Button variant="primary" icon={Plus} onPress={onCreate}>
            New session
          </Button>
          <p className="empty-hint">
            or press <kbd>n</kbd>; <kbd>?</kbd> shows all keys
          </p>
        </>
      ) : (
        <p className="empty-hint">You can watch sessions as soon as somebody starts one.</p>
      )}
    </div>
  );
}
