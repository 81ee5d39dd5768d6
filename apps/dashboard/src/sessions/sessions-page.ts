import { ApiError } from '@berth/client';
import type { SessionView } from '@berth/protocol';
import { button, element, listen } from '../dom.js';
import type { Page } from '../page.js';
import { endWords, statusWords } from './session-words.js';

/** How old a list may look while somebody looks at it. */
const REFRESH_MS = 4_000;

const ENDED = new Set(['suspended', 'closed']);

/** The tenant's newest sessions: open, start, end, wake. */
export const sessionsPage: Page = ({ root, api, go }) => {
  document.title = 'Sessions · Berth';
  const notice = element('p', { class: 'notice', role: 'alert', hidden: true });
  const list = element('ul', { class: 'sessions' });
  const title = element('input', { name: 'title', placeholder: 'Title of a new session', maxlength: '200', 'aria-label': 'Title' });
  const form = element('form', { class: 'bar' }, title, element('button', { class: 'primary' }, 'New session'));
  const header = element(
    'header',
    {},
    element('h1', {}, 'Sessions'),
    button('Sign out', () => void signOut(), { class: 'quiet' }),
  );
  root.append(element('main', { class: 'list-page' }, header, form, notice, list));

  const attempt = async (call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
      notice.hidden = true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') return go('/login');
      notice.textContent = error instanceof Error ? error.message : String(error);
      notice.hidden = false;
    }
  };
  const refresh = (): Promise<void> =>
    attempt(async () => {
      const { items } = await api.call('listSessions', { query: { limit: 100 } });
      list.replaceChildren(
        ...(items.length > 0 ? items.map(row) : [element('li', { class: 'empty' }, 'No sessions yet. Start one above.')]),
      );
    });
  const change = (call: () => Promise<unknown>): void => void attempt(call).then(refresh);
  const signOut = (): Promise<void> => attempt(() => api.call('logout')).then(() => go('/login'));

  const row = (session: SessionView): HTMLElement => {
    const params = { sessionId: session.id };
    const link = element('a', { href: `/sessions/${session.id}` }, session.title);
    link.addEventListener('click', (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      go(`/sessions/${session.id}`);
    });
    const end = ENDED.has(session.status) ? endWords(session.run) : undefined;
    const state = element('span', { class: `status ${session.status}` }, statusWords(session.status));
    const made = element('time', { datetime: session.createdAt }, new Date(session.createdAt).toLocaleString());
    return element(
      'li',
      { 'data-session': session.id },
      element(
        'div',
        { class: 'what' },
        link,
        element('div', { class: 'facts' }, state, end === undefined ? undefined : ` · ${end}`, ' · ', made),
      ),
      session.status === 'suspended' ? button('Wake', () => change(() => api.call('wakeSession', { params }))) : undefined,
      session.status === 'closed'
        ? undefined
        : button('Close', () => change(() => api.call('closeSession', { params })), { class: 'quiet' }),
    );
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wanted = title.value.trim();
    void attempt(async () => {
      const session = await api.call('createSession', { body: { kind: 'terminal', ...(wanted === '' ? {} : { title: wanted }) } });
      go(`/sessions/${session.id}`);
    });
  });
  void refresh();
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') void refresh();
  }, REFRESH_MS);
  const unlisten = listen(document, 'visibilitychange', () => document.visibilityState === 'visible' && void refresh());
  return () => {
    clearInterval(timer);
    unlisten();
  };
};
