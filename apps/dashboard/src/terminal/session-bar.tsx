import './session-bar.css';
import { ChevronLeft, Search, Settings2, TextSelect } from 'lucide-react';
import type { SessionView } from '@berth/protocol';
import type { ReactNode, Ref } from 'react';
import { Link, useNavigate } from 'react-router';
import { SessionMenu } from '../sessions/session-menu.js';
import { IconButton } from '../ui/button.js';
import { useIsNarrow } from './use-media.js';

export interface SessionBarProps {
  session: SessionView | undefined;
  programTitle: string;
  /** The way back: where the keyboard goes when it leaves the terminal. */
  backRef: Ref<HTMLAnchorElement>;
  /** Connection and people. */
  children: ReactNode;
  onFind: () => void;
  onText: () => void;
  onSettings: () => void;
}

/** The bar above a terminal: where one is, how it stands, what can be done. */
export function SessionBar({ session, programTitle, backRef, children, onFind, onText, onSettings }: SessionBarProps) {
  const narrow = useIsNarrow();
  const navigate = useNavigate();
  const tools = [
    { id: 'find', label: 'Find in the output', icon: Search, run: onFind },
    { id: 'text', label: 'Select and copy text', icon: TextSelect, run: onText },
    { id: 'settings', label: 'Terminal settings', icon: Settings2, run: onSettings },
  ];
  return (
    <header className="session-bar">
      <Link ref={backRef} to="/" className="session-back" aria-label="All sessions">
        <ChevronLeft size={22} aria-hidden="true" />
      </Link>
      <h1 className="session-title">
        <span>{session?.title ?? 'Session'}</span>
        {programTitle !== '' && <span className="session-program">{programTitle}</span>}
      </h1>
      {children}
      {!narrow && tools.map(({ id, label, icon, run }) => <IconButton key={id} label={label} icon={icon} onPress={run} />)}
      {session && <SessionMenu session={session} inSession entries={narrow ? tools : []} onDeleted={() => void navigate('/')} />}
    </header>
  );
}
