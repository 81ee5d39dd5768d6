import './sessions.css';
import { Plus } from 'lucide-react';
import { Suspense, lazy, useRef, useState } from 'react';
import { useBerth } from '../app/berth-context.js';
import { mayDrive } from '../app/permissions.js';
import { useShortcuts } from '../app/shortcuts.js';
import { useTitle } from '../app/use-title.js';
import { Button } from '../ui/button.js';
import { messageOf } from '../ui/message-of.js';
import { ModelNote } from './model-note.js';
import { NoSessions } from './no-sessions.js';
import { SessionFilters } from './session-filters.js';
import { SessionList } from './session-list.js';
import { useSessions } from './session-queries.js';
import { useSessionFilter } from './use-session-filter.js';

const CreateDialog = lazy(async () => ({ default: (await import('./create-dialog.js')).CreateDialog }));

/** The tenant's sessions: find, start, open, end. */
export function SessionsPage() {
  useTitle('Sessions');
  const { me } = useBerth();
  const driver = mayDrive(me.role);
  const [creating, setCreating] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [filter, setFilter] = useSessionFilter();
  const sessions = useSessions(filter);
  const create = (): void => setCreating(true);
  useShortcuts({
    ...(driver ? { n: create } : {}),
    '/': () => search.current?.focus(),
    ArrowDown: () => list.current?.querySelector('a')?.focus(),
  });
  const items = sessions.data?.pages.flatMap((page) => page.items);
  const failure = sessions.error && !items ? messageOf(sessions.error) : undefined;
  return (
    <>
      <header className="page-head">
        <h1>Sessions</h1>
        {driver && (
          <Button variant="primary" icon={Plus} onPress={create}>
            New session
          </Button>
        )}
      </header>
      <ModelNote />
      <SessionFilters filter={filter} onChange={setFilter} searchRef={search} />
      {failure !== undefined && (
        <div className="notice" role="alert">
          {failure}{' '}
          <Button small onPress={() => void sessions.refetch()}>
            {'Try again'}
          </Button>
        </div>
      )}
      {!items && failure === undefined && (
        <div className="session-list loading" aria-busy="true" aria-label="Loading sessions" role="status" />
      )}
      {items && items.length > 0 && <SessionList ref={list} sessions={items} isStale={sessions.isPlaceholderData} />}
      {items?.length === 0 && <NoSessions filter={filter} {...(driver ? { onCreate: create } : {})} />}
      {sessions.hasNextPage && (
        <div className="session-more">
          <Button onPress={() => void sessions.fetchNextPage()} isPending={sessions.isFetchingNextPage}>
            Show older sessions
          </Button>
        </div>
      )}
      {creating && (
        <Suspense fallback={null}>
          <CreateDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  );
}
