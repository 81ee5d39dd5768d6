import './status-button.css';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Popover } from 'react-aria-components/Popover';
import { Badge } from '../ui/badge.js';
import { sizeWords } from './gap-words.js';
import type { TerminalState } from './session-terminal.js';
import type { Status } from './status-words.js';

const tripWords = (ms: number): string => `${Math.max(1, Math.round(ms))} ms`;

/** The connection in a word and a number; more of it when pressed. */
export function StatusButton({ status, state }: { status: Status; state: TerminalState }) {
  const { roundTripMs, position, unseen, size, run, pendingInput } = state;
  const trip = status.tone === 'good' && roundTripMs !== undefined ? tripWords(roundTripMs) : undefined;
  return (
    <DialogTrigger>
      <AriaButton className="button quiet status-button">
        <Badge tone={status.tone} dot>
          <span className="status-text">{status.text}</span> {trip !== undefined && <span className="status-trip">{trip}</span>}
        </Badge>
      </AriaButton>
      <Popover className="popover" placement="bottom end" offset={4}>
        <Dialog className="status-dialog" aria-label="Connection">
          <p>{status.detail ?? (status.tone === 'good' ? 'Everything typed reaches the program.' : status.text)}</p>
          <dl className="status-facts">
            <dt>Round trip</dt>
            <dd>{roundTripMs === undefined ? 'not connected' : tripWords(roundTripMs)}</dd>
            <dt>Output so far</dt>
            <dd>{sizeWords(position)}</dd>
            {unseen > 0 && (
              <>
                <dt>No longer kept</dt>
                <dd>the first {sizeWords(unseen)}</dd>
              </>
            )}
            <dt>Not sent yet</dt>
            <dd>{pendingInput === 0 ? 'nothing' : sizeWords(pendingInput)}</dd>
            <dt>Size</dt>
            <dd>
              {size.cols} × {size.rows}
            </dd>
            <dt>Run</dt>
            <dd>{run && run.epoch > 0 ? run.epoch : 'none yet'}</dd>
          </dl>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
