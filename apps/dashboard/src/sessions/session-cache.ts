import type { SessionId, SessionUpdated, SessionView } from '@berth/protocol';

export const SHOWN = ['active', 'all', 'closed'] as const;
export type Shown = (typeof SHOWN)[number];

/** Which sessions a list shows. */
export interface SessionFilter {
  shown: Shown;
  /** Part of the title; empty: every title. */
  search: string;
}

export interface SessionPage {
  items: SessionView[];
  nextCursor: string | null;
}

/** Whether the server would list this session for this filter. */
export function matches({ status, title }: SessionView, { shown, search }: SessionFilter): boolean {
  const wanted = shown === 'all' || (status === 'closed') === (shown === 'closed');
  return wanted && title.toLowerCase().includes(search.trim().toLowerCase());
}

/** The pages of a list, newest first, after one session was added, changed or deleted. What belongs behind the last loaded page waits for it. */
export function withUpdate(
  pages: readonly SessionPage[],
  filter: SessionFilter,
  { sessionId, session }: SessionUpdated,
): readonly SessionPage[] {
  if (!session || !matches(session, filter)) return without(pages, sessionId);
  if (pages.some(({ items }) => items.some(({ id }) => id === sessionId)))
    return pages.map((page) => ({ ...page, items: page.items.map((each) => (each.id === sessionId ? session : each)) }));
  // Ids rise with time, so that they are the order of the list.
  const at = pages.findIndex(({ items, nextCursor }) => nextCursor === null || items.some(({ id }) => id < sessionId));
  return pages.map((page, index) => (index === at ? { ...page, items: inserted(page.items, session) } : page));
}

function inserted(items: readonly SessionView[], session: SessionView): SessionView[] {
  const at = items.findIndex(({ id }) => id < session.id);
  return at < 0 ? [...items, session] : [...items.slice(0, at), session, ...items.slice(at)];
}

function without(pages: readonly SessionPage[], sessionId: SessionId): readonly SessionPage[] {
  return pages.map((page) => ({ ...page, items: page.items.filter(({ id }) => id !== sessionId) }));
}
