import type { SessionView } from '@berth/protocol';
import { CirclePause, CircleX, Ellipsis, Pencil, Play, SquareTerminal, Trash2 } from 'lucide-react';
import { Suspense, lazy, useState } from 'react';
import { useNavigate } from 'react-router';
import { useBerth } from '../app/berth-context.js';
import { mayDrive } from '../app/permissions.js';
import { IconButton } from '../ui/button.js';
import type { MenuEntry } from '../ui/menu.js';
import { Menu } from '../ui/menu.js';
import { useToast } from '../ui/toast.js';
import { useSessionMutations } from './session-queries.js';
import type { SessionQuestion } from './session-questions.js';

const SessionQuestions = lazy(async () => ({ default: (await import('./session-questions.js')).SessionQuestions }));

export interface SessionMenuProps {
  session: SessionView;
  /** It stands on the session's own page: nothing to open there. */
  inSession?: boolean;
  /** More of the page's own, shown first. */
  entries?: readonly MenuEntry[];
  onDeleted?: () => void;
}

/** What can be done to a session now, by this member, with the questions that come before it. */
export function SessionMenu({ session, inSession = false, entries = [], onDeleted }: SessionMenuProps) {
  const { me } = useBerth();
  const toast = useToast();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<SessionQuestion>();
  const { wake, suspend } = useSessionMutations();
  const { status } = session;
  const driver = mayDrive(me.role);
  const failed = { onError: toast.error };
  const all: (MenuEntry | false)[] = [
    ...entries,
    !inSession && { id: 'open', label: 'Open', icon: SquareTerminal, run: () => void navigate(`/sessions/${session.id}`) },
    driver && { id: 'rename', label: 'Rename', icon: Pencil, run: () => setAsked('rename') },
    driver && status === 'suspended' && { id: 'wake', label: 'Wake', icon: Play, run: () => wake.mutate(session, failed) },
    driver && status === 'running' && { id: 'suspend', label: 'Suspend', icon: CirclePause, run: () => suspend.mutate(session, failed) },
    driver && status !== 'closed' && { id: 'close', label: 'Close', icon: CircleX, danger: true, run: () => setAsked('close') },
    driver && status === 'closed' && { id: 'delete', label: 'Delete', icon: Trash2, danger: true, run: () => setAsked('delete') },
  ];
  const offered = all.filter((entry) => entry !== false);
  if (offered.length === 0) return null;
  return (
    <>
      <Menu
        label={`Actions for ${session.title}`}
        trigger={<IconButton label={`Actions for ${session.title}`} icon={Ellipsis} />}
        entries={offered}
      />
      {asked !== undefined && (
        <Suspense fallback={null}>
          <SessionQuestions session={session} asked={asked} onClose={() => setAsked(undefined)} onDeleted={onDeleted} />
        </Suspense>
      )}
    </>
  );
}
