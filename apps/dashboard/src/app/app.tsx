import { Suspense, lazy, useEffect, useSyncExternalStore } from 'react';
import { BrowserRouter, Navigate, Outlet, Route, Routes, useLocation, useNavigate } from 'react-router';
import type { LinkToken } from '../sign-in/login-token.js';
import { SessionsPage } from '../sessions/sessions-page.js';
import { MessagePage } from '../ui/message-page.js';
import { Splash } from '../ui/splash.js';
import { ToastProvider } from '../ui/toast.js';
import { BerthProvider } from './berth-provider.js';
import { ErrorBoundary } from './error-boundary.js';
import { Shell } from './shell.js';
import type { SignInState } from './sign-in-state.js';
import { rememberWanted } from './wanted-page.js';

const SignInPage = lazy(async () => ({ default: (await import('../sign-in/sign-in-page.js')).SignInPage }));
const SessionPage = lazy(async () => ({ default: (await import('../sessions/session-page.js')).SessionPage }));
const MembersPage = lazy(async () => ({ default: (await import('../members/members-page.js')).MembersPage }));
const SettingsPage = lazy(async () => ({ default: (await import('../settings/settings-page.js')).SettingsPage }));

/** The dashboard: which page an address shows, and to whom. */
export function App({ signIn, linkToken }: { signIn: SignInState; linkToken: LinkToken }) {
  return (
    <ErrorBoundary>
      <ToastProvider>
        <BrowserRouter>
          <Suspense fallback={<Splash />}>
            <Routes>
              <Route path="/login" element={<SignInPage signIn={signIn} linkToken={linkToken} />} />
              <Route element={<SignedIn signIn={signIn} />}>
                <Route element={<Shell />}>
                  <Route index element={<SessionsPage />} />
                  <Route path="members" element={<MembersPage />} />
                  <Route path="settings" element={<SettingsPage />} />
                  <Route path="*" element={<NothingHere />} />
                </Route>
                <Route path="sessions/:sessionId" element={<SessionPage />} />
              </Route>
            </Routes>
          </Suspense>
        </BrowserRouter>
      </ToastProvider>
    </ErrorBoundary>
  );
}

/** Lets in who is signed in; sends others to the sign-in, and remembers where they wanted to go. */
function SignedIn({ signIn }: { signIn: SignInState }) {
  const state = useSyncExternalStore(signIn.subscribe, signIn.phase);
  const { pathname, search } = useLocation();
  useEffect(() => {
    if (state.phase === 'resuming') void signIn.resume();
  }, [signIn, state.phase]);
  switch (state.phase) {
    case 'resuming':
      return <Splash />;
    case 'unreachable':
      return (
        <MessagePage
          title="Berth cannot be reached"
          text="The gateway does not answer. Your sessions go on without it."
          action="Try again"
          onAction={() => void signIn.resume()}
        />
      );
    case 'signed-out':
      return <ToSignIn path={pathname + search} expired={state.expired} />;
    case 'signed-in':
      return (
        <BerthProvider key={`${state.userId} ${state.tenantId}`} signIn={signIn}>
          <Outlet />
        </BerthProvider>
      );
  }
}

function ToSignIn({ path, expired }: { path: string; expired: boolean }) {
  rememberWanted(path);
  return <Navigate to="/login" replace state={{ expired }} />;
}

function NothingHere() {
  const navigate = useNavigate();
  return (
    <MessagePage title="Nothing here" text="This address leads nowhere." within action="All sessions" onAction={() => void navigate('/')} />
  );
}
