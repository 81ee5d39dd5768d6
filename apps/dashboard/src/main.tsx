import './no-eval.js';
import './ui/tokens.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { SignInState } from './app/sign-in-state.js';
import { applyTheme } from './app/theme.js';
import { takeLoginToken } from './sign-in/login-token.js';

applyTheme();
/** Out of the address before anything else happens; used once. */
let token = takeLoginToken();
const linkToken = {
  take: () => {
    const taken = token;
    token = undefined;
    return taken;
  },
};
const place = document.getElementById('page');
if (place)
  createRoot(place).render(
    <StrictMode>
      <App signIn={new SignInState(location.origin)} linkToken={linkToken} />
    </StrictMode>,
  );
