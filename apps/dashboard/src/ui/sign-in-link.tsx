import './field.css';
import './sign-in-link.css';
import type { LoginLink } from '@berth/protocol';
import { useEffect, useState } from 'react';
import { CopyButton } from './copy-button.js';
import { QrCode } from './qr-code.js';
import { timeLeft } from './time-left.js';

const TICK_MS = 1_000;

function useTimeLeft(until: string): string | undefined {
  const at = new Date(until).getTime();
  const [left, setLeft] = useState(() => timeLeft(at, Date.now()));
  useEffect(() => {
    const timer = setInterval(() => setLeft(timeLeft(at, Date.now())), TICK_MS);
    return () => clearInterval(timer);
  }, [at]);
  return left;
}

/** A one-time sign-in link to hand over: as a code for a phone, and as a text to copy; gone when it is too old. */
export function SignInLink({ link, hint }: { link: LoginLink; hint: string }) {
  const left = useTimeLeft(link.expiresAt);
  if (left === undefined)
    return (
      <p className="form-failure" role="alert">
        This link is too old now. Close this and make a new one.
      </p>
    );
  return (
    <div className="sign-in-link">
      <QrCode text={link.url} label="The sign-in link as a QR code" />
      <div className="sign-in-link-text">
        <p>{hint}</p>
        <p className="sign-in-link-left">
          Works once, for another <span>{left}</span>.
        </p>
        <input className="input code" readOnly value={link.url} aria-label="Sign-in link" onFocus={(event) => event.target.select()} />
        <CopyButton text={link.url} label="Copy link" />
      </div>
    </div>
  );
}
