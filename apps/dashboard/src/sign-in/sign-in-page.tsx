import './sign-in.css';
import { ApiError } from '@berth/client';
import type { FormEvent } from 'react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Form } from 'react-aria-components/Form';
import { Navigate, useLocation } from 'react-router';
import type { SignInState } from '../app/sign-in-state.js';
import { takeWanted } from '../app/wanted-page.js';
import { useTitle } from '../app/use-title.js';
import { Button } from '../ui/button.js';
import { Mark } from '../ui/mark.js';
import { messageOf } from '../ui/message-of.js';
import { TextField } from '../ui/text-field.js';
import type { LinkToken } from './login-token.js';
import { takeLoginToken } from './login-token.js';
import { useSecondsLeft } from './seconds-left.js';

/** Why the last try failed, and which way was tried. */
interface Failure {
  by: 'link' | 'password';
  error: unknown;
}

/** Sign-in with a password, or by a one-time link, which needs nothing more than to be opened. */
export function SignInPage({ signIn, linkToken }: { signIn: SignInState; linkToken: LinkToken }) {
  useTitle('Sign in');
  const { phase } = useSyncExternalStore(signIn.subscribe, signIn.phase);
  const { state } = useLocation() as { state: { expired?: boolean } | null };
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState<Failure['by']>();
  const [failure, setFailure] = useState<Failure>();
  const wait = useSecondsLeft(failure?.error instanceof ApiError ? failure.error.problem?.retryAfter : undefined, failure);
  /** A link that waits for a word, because somebody is signed in already: a stranger's link must not change who that is by itself. */
  const [offered, setOffered] = useState<string>();
  const wanted = useRef<string>(undefined);

  const attempt = async (by: Failure['by'], call: () => Promise<unknown>): Promise<void> => {
    setBusy(by);
    setFailure(undefined);
    try {
      await call();
    } catch (error) {
      setFailure({ by, error });
      if (by === 'password' && error instanceof ApiError && error.code === 'invalid_credentials') setPassword('');
    } finally {
      setBusy(undefined);
    }
  };

  const follow = (token: string): Promise<void> => {
    setOffered(undefined);
    return attempt('link', () => signIn.api.call('loginWithLink', { body: { token } }));
  };

  useEffect(() => {
    const open = async (token: string): Promise<void> => {
      setBusy('link');
      if (signIn.phase().phase === 'resuming') await signIn.resume();
      if (signIn.phase().phase !== 'signed-in') return follow(token);
      setOffered(token);
      setBusy(undefined);
    };
    const token = linkToken.take();
    if (token !== undefined) void open(token);
    // Nobody is known yet: whoever is signed in already has no need of this page.
    if (token === undefined && signIn.phase().phase === 'resuming') void signIn.resume();
    // A link that is opened while this page is shown changes the fragment alone.
    const changed = (): void => {
      const later = takeLoginToken();
      if (later !== undefined) void open(later);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, [signIn, linkToken]);

  if (phase === 'signed-in' && busy === undefined && offered !== undefined)
    return <LinkQuestion onFollow={() => void follow(offered)} onStay={() => setOffered(undefined)} />;
  if (phase === 'signed-in' && busy === undefined) {
    wanted.current ??= takeWanted();
    return <Navigate to={wanted.current} replace />;
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void attempt('password', () => signIn.api.call('login', { body: { email, password } }));
  };
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <header>
          <Mark size={40} />
          <h1>Sign in to Berth</h1>
          {state?.expired === true && !failure && <p className="sign-in-note">Your sign-in has ended. Sign in to go on where you were.</p>}
        </header>
        {busy === 'link' ? (
          <p role="status" className="sign-in-note">
            Signing in by link …
          </p>
        ) : (
          <Form className="form" onSubmit={submit}>
            {failure && <FailureNote failure={failure} wait={wait} />}
            <TextField
              label="E-mail address"
              type="email"
              name="email"
              autoComplete="username"
              isRequired
              value={email}
              onChange={setEmail}
            />
            <TextField
              label="Password"
              type="password"
              name="password"
              autoComplete="current-password"
              isRequired
              value={password}
              onChange={setPassword}
            />
            <Button type="submit" variant="primary" isPending={busy === 'password'} isDisabled={wait > 0}>
              {wait > 0 ? `Try again in ${wait} s` : 'Sign in'}
            </Button>
          </Form>
        )}
        <HowToGetIn isOpen={failure?.by === 'link'} />
      </div>
    </main>
  );
}

function LinkQuestion({ onFollow, onStay }: { onFollow: () => void; onStay: () => void }) {
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <header>
          <Mark size={40} />
          <h1>Use this sign-in link?</h1>
          <p className="sign-in-note">
            This browser is signed in already. The link signs it in anew, perhaps as somebody else. Use it only if you asked for it.
          </p>
        </header>
        <div className="form">
          <Button variant="primary" onPress={onStay}>
            Stay signed in
          </Button>
          <Button onPress={onFollow}>Use the link</Button>
        </div>
      </div>
    </main>
  );
}

function FailureNote({ failure: { by, error }, wait }: { failure: Failure; wait: number }) {
  const limited = error instanceof ApiError && error.code === 'rate_limited';
  const refusedLink = by === 'link' && error instanceof ApiError && ['invalid_credentials', 'invalid_request'].includes(error.code);
  return (
    <div className="sign-in-failure" role="alert">
      {refusedLink
        ? 'This sign-in link has been used, or is too old. Get a new one as said below, or use your password.'
        : limited
          ? limitText(wait)
          : messageOf(error)}
    </div>
  );
}

const limitText = (wait: number): string => (wait > 0 ? 'Too many tries. Wait a little.' : 'You can try again now.');

/** The three ways to a new link, for whoever has no password. */
function HowToGetIn({ isOpen }: { isOpen: boolean }) {
  return (
    <details className="sign-in-help" open={isOpen}>
      <summary>How to get a sign-in link</summary>
      <ul>
        <li>
          From a device that is signed in: <strong>Settings → Open on another device</strong>.
        </li>
        <li>
          From an owner or admin: <strong>Members → New sign-in link</strong>.
        </li>
        <li>
          On the machine that runs Berth: <code>npx berth login-link</code>, or restart <code>npm start</code>, which prints one.
        </li>
      </ul>
    </details>
  );
}
