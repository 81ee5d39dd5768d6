import './no-eval.js';
import './style.css';
import { BerthApi } from '@berth/client';
import { button, element, listen } from './dom.js';
import { loginPage } from './login/login-page.js';
import type { Page } from './page.js';
import { sessionsPage } from './sessions/sessions-page.js';
import { rememberWanted, resume } from './sign-in.js';
import { terminalPage } from './terminal/terminal-page.js';

const root = document.getElementById('page') ?? document.body;
const api = new BerthApi({ baseUrl: location.origin });

let takeDown = (): void => undefined;
let visit = 0;

function pageOf(path: string): Page | undefined {
  if (path === '/') return sessionsPage;
  const sessionId = /^\/sessions\/([A-Za-z0-9_-]+)$/.exec(path)?.[1];
  return sessionId === undefined ? undefined : terminalPage(sessionId);
}

function show(page: Page): void {
  takeDown();
  root.replaceChildren();
  document.title = 'Berth';
  takeDown = page({ root, api, go });
}

function go(path: string): void {
  history.pushState(null, '', path);
  void open();
}

/** Shows the page of the address; only who is signed in sees more than the sign-in. */
async function open(): Promise<void> {
  const turn = ++visit;
  if (location.pathname === '/login') return show(loginPage);
  try {
    const signedIn = await resume(api);
    if (turn !== visit) return;
    if (signedIn) return show(pageOf(location.pathname) ?? notFoundPage);
    rememberWanted(location.pathname);
    go('/login');
  } catch {
    if (turn === visit) show(unreachablePage);
  }
}

const messagePage =
  (title: string, text: string, label: string, press: () => void): Page =>
  (context) => {
    context.root.append(
      element('main', { class: 'card' }, element('h1', {}, title), element('p', {}, text), button(label, press, { class: 'primary' })),
    );
    return () => undefined;
  };

const notFoundPage = messagePage('Nothing here', 'This address leads nowhere.', 'All sessions', () => go('/'));
const unreachablePage = messagePage(
  'Berth cannot be reached',
  'The gateway does not answer. Your sessions go on without it.',
  'Try again',
  () => void open(),
);

listen(window, 'popstate', () => void open());
void open();
