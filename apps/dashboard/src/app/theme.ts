import { useSyncExternalStore } from 'react';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'berth.theme';
const GROUNDS = { light: '#f5f6f8', dark: '#0c0e12' };

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

const chosen = (): Theme => THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
const resolved = (): 'light' | 'dark' => {
  const theme = chosen();
  if (theme !== 'system') return theme;
  return systemDark.matches ? 'dark' : 'light';
};

/** Puts the chosen theme on the page; before its first paint, so that it does not flash. */
export function applyTheme(): void {
  const theme = chosen();
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.setAttribute('content', GROUNDS[resolved()]);
  for (const listener of listeners) listener();
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  applyTheme();
}

systemDark.addEventListener('change', applyTheme);
// Another tab has chosen.
addEventListener('storage', ({ key }) => {
  if (key === KEY || key === null) applyTheme();
});

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** What was chosen in this browser. */
export const useTheme = (): Theme => useSyncExternalStore(subscribe, chosen);
/** What is shown now: for what CSS does not reach, such as a terminal's colours. */
export const useResolvedTheme = (): 'light' | 'dark' => useSyncExternalStore(subscribe, resolved);
