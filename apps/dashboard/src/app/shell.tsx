import './shell.css';
import { Keyboard, Settings, SquareTerminal, Users } from 'lucide-react';
import { Suspense, lazy, useState } from 'react';
import { NavLink, Outlet, useNavigate } from 'react-router';
import { IconButton } from '../ui/button.js';
import { Mark } from '../ui/mark.js';
import { AccountMenu } from './account-menu.js';
import { ConnectionBanner, ConnectionMark } from './connection.js';
import { useShortcuts } from './shortcuts.js';

const ShortcutsDialog = lazy(async () => ({ default: (await import('./shortcuts-dialog.js')).ShortcutsDialog }));

const PAGES = [
  { to: '/', label: 'Sessions', icon: SquareTerminal },
  { to: '/members', label: 'Members', icon: Users },
  { to: '/settings', label: 'Settings', icon: Settings },
] as const;

/** The frame around the pages: navigation at the side, on a phone below. */
export function Shell() {
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  useShortcuts({
    '?': () => setHelp(true),
    g: () => void navigate('/'),
    m: () => void navigate('/members'),
    s: () => void navigate('/settings'),
  });
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="shell-head">
        <NavLink to="/" className="shell-brand" aria-label="Berth, all sessions">
          <Mark size={26} />
          <span>Berth</span>
        </NavLink>
        <nav className="shell-nav" aria-label="Pages">
          {PAGES.map(({ to, label, icon: Icon }) => (
            <NavLink key={to} to={to} end className="shell-link">
              <Icon size={18} aria-hidden="true" />
              {label}
            </NavLink>
          ))}
        </nav>
        <div className="shell-foot">
          <div className="shell-marks">
            <ConnectionMark />
            <span className="shell-keys">
              <IconButton label="Keyboard shortcuts" icon={Keyboard} small onPress={() => setHelp(true)} />
            </span>
          </div>
          <AccountMenu />
        </div>
      </header>
      <div className="shell-main">
        <ConnectionBanner />
        <main id="content" className="page" tabIndex={-1}>
          <Suspense fallback={null}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {help && (
        <Suspense fallback={null}>
          <ShortcutsDialog onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </div>
  );
}
