import type { Terminal } from '@xterm/xterm';

/** The element that says how the keyboard leaves the terminal. */
export const HELP_ID = 'terminal-help';

export interface InputEvents {
  /** A key before the terminal takes it; true: it is taken. */
  key(event: KeyboardEvent): boolean;
  /** Somebody tried to type where that is not possible. */
  refused(): void;
  paste(text: string): void;
}

/** What xterm has not been told about phones, and by others than the keyboard. */
const FIELD = { autocomplete: 'off', enterkeyhint: 'enter', 'aria-describedby': HELP_ID };

const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'AltGraph']);
const wouldType = ({ key, ctrlKey, metaKey }: KeyboardEvent): boolean => !ctrlKey && !metaKey && key !== 'Tab' && !MODIFIERS.has(key);

/** Lets the page have its keys before the terminal, and pastes instead of it. Returns what ends it. */
export function wireInput(terminal: Terminal, place: HTMLElement, { key, refused, paste }: InputEvents): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  for (const [name, value] of Object.entries(FIELD)) terminal.textarea?.setAttribute(name, value);

  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type !== 'keydown') return true;
    if (key(event)) {
      event.preventDefault();
      event.stopPropagation();
      return false;
    }
    if (terminal.options.disableStdin === true && wouldType(event)) refused();
    return true;
  });
  const takePaste = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text !== '') paste(text);
  };
  place.addEventListener('paste', takePaste, { signal, capture: true });
  // Below the last row, too.
  place.addEventListener('click', () => terminal.focus(), { signal });
  return () => ending.abort();
}
