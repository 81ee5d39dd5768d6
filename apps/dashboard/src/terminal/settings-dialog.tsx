import './settings-dialog.css';
import { Minus, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Select } from '../ui/select.js';
import { Switch } from '../ui/switch.js';
import { canNotify, playTone } from './attention.js';
import { SHORTCUTS } from './keys/terminal-shortcuts.js';
import { FONT_SIZES, prefer, usePreferences } from './preferences.js';

const IS_MAC = /Mac/.test(navigator.userAgent) && !('ontouchend' in document);

const GROUNDS = [
  { id: 'dark', label: 'Dark', description: 'As most programs in terminals expect' },
  { id: 'page', label: 'Like the page', description: 'Light when the page is' },
] as const;

/** How the terminal looks, sounds and is used, in this browser. `fontSize`: what is shown at present. */
export function SettingsDialog({ fontSize, onClose }: { fontSize: number; onClose: () => void }) {
  const { likePage, screenReader, optionIsAlt, sound } = usePreferences();
  const resize = (by: number): void => prefer({ fontSize: Math.min(Math.max(fontSize + by, FONT_SIZES.min), FONT_SIZES.max) });
  return (
    <Dialog title="Terminal settings" isOpen onClose={onClose}>
      <div className="setting">
        <span id="font-size">Size of letters</span>
        <span className="stepper" role="group" aria-labelledby="font-size">
          <IconButton label="Smaller" icon={Minus} variant="plain" isDisabled={fontSize <= FONT_SIZES.min} onPress={() => resize(-1)} />
          <output className="stepper-value">{fontSize} px</output>
          <IconButton label="Larger" icon={Plus} variant="plain" isDisabled={fontSize >= FONT_SIZES.max} onPress={() => resize(1)} />
        </span>
      </div>
      <Select
        label="Colours"
        choices={GROUNDS}
        value={likePage ? 'page' : 'dark'}
        onChange={(ground) => prefer({ likePage: ground === 'page' })}
      />
      <Switch
        label="Sound when input is needed"
        description="When the program rings while you look at something else."
        isSelected={sound}
        onChange={(on) => {
          prefer({ sound: on });
          if (on) void playTone();
        }}
      />
      <Notifications />
      <Switch
        label="Screen reader"
        description="Reads new output aloud."
        isSelected={screenReader}
        onChange={(on) => prefer({ screenReader: on })}
      />
      {IS_MAC && (
        <Switch
          label="Option key is Alt"
          description="For shortcuts of programs; it then types no special characters."
          isSelected={optionIsAlt}
          onChange={(on) => prefer({ optionIsAlt: on })}
        />
      )}
      <section className="shortcuts" aria-labelledby="shortcuts">
        <h3 id="shortcuts">Keys of this page</h3>
        <dl>
          {SHORTCUTS.map(({ keys, does }) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </section>
    </Dialog>
  );
}

/** Permission is asked for by a press, never by the page itself. */
function Notifications() {
  const { notify } = usePreferences();
  const [permission, setPermission] = useState(() => (canNotify() ? Notification.permission : undefined));
  if (permission === undefined) return null;
  const ask = async (): Promise<void> => {
    const answer = await Notification.requestPermission();
    setPermission(answer);
    if (answer === 'granted') prefer({ notify: true });
  };
  if (permission === 'default')
    return (
      <div className="setting">
        <span>Notification when input is needed</span>
        <Button small onPress={() => void ask()}>
          Allow
        </Button>
      </div>
    );
  return (
    <Switch
      label="Notification when input is needed"
      {...(permission === 'denied' ? { description: 'This browser was told to refuse them for this site.' } : {})}
      isDisabled={permission === 'denied'}
      isSelected={permission === 'granted' && notify}
      onChange={(on) => prefer({ notify: on })}
    />
  );
}
