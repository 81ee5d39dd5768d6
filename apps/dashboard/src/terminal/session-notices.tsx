import './session-notices.css';
import type { SessionView } from '@berth/protocol';
import { Link } from 'react-router';
import { Button } from '../ui/button.js';
import { sizeWords } from './gap-words.js';
import type { TerminalState } from './session-terminal.js';
import type { Status } from './status-words.js';

/** What stands in the way and what can be done about it; nothing while all is well. */
export function StatusNotice({
  status,
  pendingInput,
  isPending,
  onAction,
}: {
  status: Status;
  pendingInput: number;
  isPending: boolean;
  onAction: (() => void) | undefined;
}) {
  // What passes by itself lies over the terminal: its program need not be told of another size for that.
  const passing = status.action === undefined;
  return (
    <div role="status" className={`session-notice-place${passing ? ' passing' : ''}`}>
      {status.detail !== undefined && (
        <div className="session-notice" data-tone={status.tone}>
          <p>
            <strong>{status.text}.</strong> {status.detail}
            {pendingInput > 0 && ` Waiting to be sent: ${sizeWords(pendingInput)}.`}
          </p>
          {status.action && onAction && (
            <Button small variant="primary" isPending={isPending} onPress={onAction}>
              {status.action.label}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** Says that no real model answers in this session, and how to change that. */
export function ModelLabel({ session, mayManage }: { session: SessionView; mayManage: boolean }) {
  const { program, modelProvider } = session;
  if (program !== 'claude' || (modelProvider !== 'scripted' && modelProvider !== 'none')) return null;
  return (
    <p className="terminal-label" data-tone="wait">
      <strong>{modelProvider === 'scripted' ? 'Scripted model:' : 'No model:'}</strong>{' '}
      {modelProvider === 'scripted' ? 'answers are made up.' : 'Claude Code has nobody to ask.'}{' '}
      {mayManage ? <Link to="/settings#model">Add an Anthropic API key</Link> : 'An admin can add an API key in the settings.'}
    </p>
  );
}

/** Says whose size is shown where it is not this window's. */
export function SizeLabel({ state, onTake }: { state: TerminalState; onTake: () => void }) {
  const { size, foreignSize, role, connection } = state;
  if (!foreignSize || connection.phase !== 'attached') return null;
  return (
    <p className="size-label">
      <span>
        Shown as {size.cols} × {size.rows}, the size of {role === 'driver' ? 'another window that types' : 'the window that types'}.
      </span>
      {role === 'driver' && (
        <Button small onPress={onTake}>
          Fit to this window
        </Button>
      )}
    </p>
  );
}
