import './settings.css';
import { Suspense, lazy, useEffect } from 'react';
import { useLocation } from 'react-router';
import { useTitle } from '../app/use-title.js';
import { AccountCard } from './account-card.js';
import { AppearanceCard } from './appearance-card.js';
import { DeviceCard } from './device-card.js';
import { ModelCard } from './model-card.js';
import { PasswordCard } from './password-card.js';

const UsageCard = lazy(async () => ({ default: (await import('./usage-card.js')).UsageCard }));

const PARTS = [
  { id: 'model', label: 'Model' },
  { id: 'usage', label: 'Usage' },
  { id: 'account', label: 'Account' },
  { id: 'password', label: 'Password' },
  { id: 'device', label: 'Other devices' },
  { id: 'appearance', label: 'Appearance' },
] as const;

/** Goes to the part that the address names; the browser itself cannot, because the page comes later than the address. */
function useFragment(): void {
  const { hash } = useLocation();
  useEffect(() => {
    if (hash !== '') document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash]);
}

/** The team's model and usage, one's own account, and this browser. */
export function SettingsPage() {
  useTitle('Settings');
  useFragment();
  return (
    <>
      <header className="page-head">
        <h1>Settings</h1>
      </header>
      <div className="settings">
        <nav className="settings-parts" aria-label="Parts of the settings">
          {PARTS.map(({ id, label }) => (
            <a key={id} href={`#${id}`}>
              {label}
            </a>
          ))}
        </nav>
        <div className="settings-cards">
          <ModelCard />
          <Suspense fallback={null}>
            <UsageCard />
          </Suspense>
          <AccountCard />
          <PasswordCard />
          <DeviceCard />
          <AppearanceCard />
        </div>
      </div>
    </>
  );
}
