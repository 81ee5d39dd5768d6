import './shortcuts-dialog.css';
import { Dialog } from '../ui/dialog.js';

const KEYS: readonly [keys: readonly string[], does: string][] = [
  [['n'], 'New session'],
  [['/'], 'Search sessions'],
  [['↑', '↓'], 'Move through the list'],
  [['Enter'], 'Open the session'],
  [['g'], 'Go to all sessions'],
  [['m'], 'Go to members'],
  [['s'], 'Go to settings'],
  [['?'], 'Show this help'],
  [['Esc'], 'Close a dialog or menu'],
];

/** Which keys do what. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" isOpen onClose={onClose}>
      <dl className="shortcuts">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p className="dialog-text">In a terminal every key goes to the program. Settings can turn these keys off.</p>
    </Dialog>
  );
}
