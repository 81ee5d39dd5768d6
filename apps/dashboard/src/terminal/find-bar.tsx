import './find-bar.css';
import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../ui/button.js';
import type { TerminalView } from './view/terminal-view.js';

const focusOnce = (field: HTMLInputElement | null): void => field?.focus();

/** Finds text in what the terminal holds, the newest first. */
export function FindBar({ view, onClose }: { view: TerminalView; onClose: () => void }) {
  const [wanted, setWanted] = useState('');
  const [shown, setShown] = useState<{ index: number; count: number }>();

  const show = (text: string, step: (count: number) => number): void => {
    const found = view.find(text);
    const index = found.length === 0 ? 0 : (step(found.length) + found.length) % found.length;
    const at = found[index];
    if (at) view.showFound(at);
    else view.clearSelection();
    setShown(text === '' ? undefined : { index, count: found.length });
  };
  const search = (text: string): void => {
    setWanted(text);
    show(text, (count) => count - 1);
  };
  const move = (by: number): void => show(wanted, () => (shown?.index ?? 0) + by);

  return (
    <div className="find-bar" role="search">
      <input
        className="input find-field"
        type="text"
        aria-label="Find in the output"
        placeholder="Find"
        value={wanted}
        onChange={(event) => search(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
          if (event.key === 'Enter') move(event.shiftKey ? 1 : -1);
        }}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck="false"
        enterKeyHint="search"
        ref={focusOnce}
      />
      <span className="find-count" role="status">
        {shown && (shown.count === 0 ? 'Not found' : `${shown.index + 1} of ${shown.count}`)}
      </span>
      <IconButton label="Older" icon={ArrowUp} isDisabled={!shown?.count} onPress={() => move(-1)} />
      <IconButton label="Newer" icon={ArrowDown} isDisabled={!shown?.count} onPress={() => move(1)} />
      <IconButton label="Close the search" icon={X} onPress={onClose} />
    </div>
  );
}
