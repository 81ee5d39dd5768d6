import { SessionId } from '@berth/protocol';
import { useNavigate, useParams } from 'react-router';
import { TerminalScreen } from '../terminal/terminal-screen.js';
import { MessagePage } from '../ui/message-page.js';

/** The terminal of the session in the address. */
export function SessionPage() {
  const navigate = useNavigate();
  const id = SessionId.safeParse(useParams()['sessionId']);
  if (id.success) return <TerminalScreen key={id.data} sessionId={id.data} />;
  return (
    <MessagePage
      title="No such session"
      text="The address is not one of a session."
      action="All sessions"
      onAction={() => void navigate('/')}
    />
  );
}
