/** What a key combination does in the page, instead of going to the program. */
export type Shortcut = 'leave' | 'copy' | 'find' | 'newline';

/** Shown to people; the first is the way out of the terminal, where Tab belongs to the program. */
export const SHORTCUTS: readonly { keys: string; does: string }[] = [
  { keys: 'Ctrl+Shift+Space', does: 'Leave the terminal, to the bar above it' },
  { keys: 'Ctrl+Shift+C', does: 'Copy what is selected' },
  { keys: 'Ctrl+Shift+V', does: 'Paste' },
  { keys: 'Ctrl+Shift+F', does: 'Find in the output' },
  { keys: 'Shift+Page Up', does: 'Scroll up; Page Down scrolls down' },
  { keys: 'Shift+Enter', does: 'New line in Claude Code, without sending' },
];

type Pressed = Pick<KeyboardEvent, 'code' | 'key' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

/** `isClaude`: the program is Claude Code, which takes Alt and Return for a new line. Copy and paste by Command on a Mac are the browser's own. */
export function shortcutOf({ code, key, ctrlKey, shiftKey, altKey, metaKey }: Pressed, isClaude: boolean): Shortcut | undefined {
  if (altKey) return undefined;
  if (key === 'Enter') return isClaude && shiftKey && !ctrlKey && !metaKey ? 'newline' : undefined;
  if (metaKey) return key.toLowerCase() === 'f' && !ctrlKey && !shiftKey ? 'find' : undefined;
  if (!ctrlKey) return undefined;
  if (code === 'Insert' && !shiftKey) return 'copy';
  if (!shiftKey) return undefined;
  if (code === 'Space') return 'leave';
  const letter = key.toLowerCase();
  return letter === 'c' ? 'copy' : letter === 'f' ? 'find' : undefined;
}
