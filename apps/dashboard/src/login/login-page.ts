import { ApiError } from '@berth/client';
import { element } from '../dom.js';
import type { Page } from '../page.js';
import { takeWanted } from '../sign-in.js';

/** The one-time token in the address, which no longer holds it afterwards: neither history nor a copied link keeps it. */
function takeToken(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
  if (location.hash !== '') history.replaceState(null, '', location.pathname);
  return token;
}

const reasonOf = (error: unknown): string => (error instanceof ApiError ? error.message : 'Something went wrong on this page. Reload it.');

/** Sign-in with a password, or by the link that `npm start` and other devices show. */
export const loginPage: Page = ({ root, api, go }) => {
  document.title = 'Sign in · Berth';
  const email = element('input', { type: 'email', name: 'email', autocomplete: 'username', required: true, autofocus: true });
  const password = element('input', { type: 'password', name: 'password', autocomplete: 'current-password', required: true });
  const submit = element('button', { class: 'primary' }, 'Sign in');
  const notice = element('p', { class: 'notice', role: 'alert', hidden: true });
  const form = element(
    'form',
    {},
    element('label', {}, 'E-mail address', email),
    element('label', {}, 'Password', password),
    notice,
    submit,
  );
  root.append(element('main', { class: 'card' }, element('h1', {}, 'Berth'), form));

  const attempt = async (call: () => Promise<unknown>): Promise<void> => {
    submit.disabled = true;
    notice.hidden = true;
    try {
      await call();
      go(takeWanted());
    } catch (error) {
      notice.textContent = reasonOf(error);
      notice.hidden = false;
    } finally {
      submit.disabled = false;
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(() => api.call('login', { body: { email: email.value, password: password.value } }));
  });
  const token = takeToken();
  if (token !== undefined) void attempt(() => api.call('loginWithLink', { body: { token } }));
  return () => undefined;
};
