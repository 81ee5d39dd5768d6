import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { Switch } from 'react-aria-components/Switch';
import { shortcutsAreOn, turnShortcuts } from '../app/shortcuts.js';
import type { Theme } from '../app/theme.js';
import { chooseTheme, useTheme } from '../app/theme.js';
import { Card } from '../ui/card.js';
import { Segments } from '../ui/segments.js';

const THEMES = [
  { id: 'system', label: 'System', icon: Monitor },
  { id: 'light', label: 'Light', icon: Sun },
  { id: 'dark', label: 'Dark', icon: Moon },
] as const satisfies readonly { id: Theme; label: string; icon: typeof Sun }[];

/** How Berth looks and behaves in this browser. */
export function AppearanceCard() {
  const theme = useTheme();
  const [shortcuts, setShortcuts] = useState(shortcutsAreOn);
  const turn = (on: boolean): void => {
    turnShortcuts(on);
    setShortcuts(on);
  };
  return (
    <Card id="appearance" title="Appearance" description="Kept in this browser.">
      <div>
        <Segments<Theme> label="Theme" choices={THEMES} value={theme} onChange={chooseTheme} />
      </div>
      <Switch className="switch" isSelected={shortcuts} onChange={turn}>
        <span className="switch-track" aria-hidden="true" />
        Keyboard shortcuts by single keys
      </Switch>
    </Card>
  );
}
