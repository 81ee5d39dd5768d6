import type { SessionView } from '@berth/protocol';
import { FolderOpen, Sparkles, SquareTerminal } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'react-router';
import { Avatar } from '../ui/avatar.js';
import { Badge } from '../ui/badge.js';
import { RelativeTime } from '../ui/relative-time.js';
import { SessionMenu } from './session-menu.js';
import { programWords, shortPath, stopWords } from './session-words.js';
import { StatusBadge } from './status-badge.js';

/** Who made it is unknown while the members are being read, and once they have left. */
export const SessionRow = memo(({ session, createdBy }: { session: SessionView; createdBy: string | undefined }) => {
  const { id, title, program, model, workspace, createdAt, modelProvider } = session;
  const stopped = stopWords(session);
  const Icon = program === 'claude' ? Sparkles : SquareTerminal;
  return (
    <li className="session-row" data-session={id} data-status={session.status}>
      <div className="session-what">
        <Link to={`/sessions/${id}`} className="session-link" data-session-link>
          {title}
        </Link>
        <div className="session-facts">
          <span className={program === 'claude' ? 'session-fact fixed' : 'session-fact code'}>
            <Icon size={14} aria-hidden="true" />
            <span>{programWords(session)}</span>
          </span>
          {program === 'claude' && model !== null && <span className="session-fact code session-model">{model}</span>}
          {program === 'claude' && modelProvider === 'scripted' && <Badge tone="calm">Scripted model</Badge>}
          {workspace && (
            <span className="session-fact code" title={workspace.path}>
              <FolderOpen size={14} aria-hidden="true" />
              <span>{shortPath(workspace.path)}</span>
            </span>
          )}
        </div>
      </div>
      <div className="session-state">
        <StatusBadge session={session} />
        {stopped !== undefined && <span className="session-stopped">{stopped}</span>}
      </div>
      <div className="session-who">
        {createdBy !== undefined && (
          <>
            <Avatar name={createdBy} small />
            <span className="session-name">{createdBy}</span>
          </>
        )}
      </div>
      <div className="session-when">
        <RelativeTime at={createdAt} />
      </div>
      <div className="session-menu">
        <SessionMenu session={session} />
      </div>
    </li>
  );
});
