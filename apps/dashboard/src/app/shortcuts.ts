import { useEffect, useRef } from 'react';

const KEY = 'berth.shortcuts';

/** Whether single keys do something in this browser: who speaks to the computer may have to turn them off. */
export const shortcutsAreOn = (): boolean => localStorage.getItem(KEY) !== 'off';

export function turnShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, 'off');
}

const BUSY = 'input, textarea, select, [contenteditable], [role=menu], [role=listbox], [role=dialog], [role=alertdialog]';

/** Single keys that do something while nothing on the page takes typing, and no dialog is open. */
export function useShortcuts(keys: Readonly<Record<string, () => void>>): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || !shortcutsAreOn()) return;
      if (event.target instanceof Element && event.target.closest(BUSY)) return;
      if (document.querySelector('[role=dialog], [role=alertdialog]')) return;
      // Arrows and the like belong to what has the focus.
      if (event.key.length > 1 && event.target !== document.body) return;
      const run = current.current[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    // On the way down: a button that opens a menu keeps every key from whatever is around it.
    addEventListener('keydown', pressed, { capture: true });
    return () => removeEventListener('keydown', pressed, { capture: true });
  }, []);
}
