import './soft-keys.css';
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, ClipboardPaste, CornerDownLeft, Ellipsis } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { PointerEvent, ReactNode, SyntheticEvent } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { SessionTerminal } from '../session-terminal.js';
import { keySequence } from './key-sequences.js';
import type { Key } from './key-sequences.js';
import type { Hold, Holds } from './sticky-keys.js';

/** As keyboards do it: a pause, then about 16 a second. */
const REPEAT_AFTER_MS = 400;
const REPEAT_MS = 60;

/** The terminal keeps the focus, and the phone its keyboard. */
const keepFocus = (event: SyntheticEvent): void => event.preventDefault();

interface SoftKeyProps {
  /** Read aloud; begins with what is written on the key, so that it can be asked for by voice. */
  name: string;
  children: ReactNode;
  onPress: () => void;
}

function SoftKey({ name, children, onPress, hold }: SoftKeyProps & { hold?: Hold }) {
  return (
    <button
      type="button"
      className="soft-key"
      aria-label={hold === 'locked' ? `${name}, locked` : name}
      {...(hold === undefined ? {} : { 'aria-pressed': hold !== 'off', 'data-hold': hold })}
      onMouseDown={keepFocus}
      onClick={onPress}
    >
      {children}
    </button>
  );
}

/** Presses at once, and again and again while it is held down. */
function RepeatingKey({ name, children, onPress }: SoftKeyProps) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const byPointer = useRef(false);
  const press = useRef(onPress);
  useEffect(() => {
    press.current = onPress;
  });
  const stop = (): void => clearTimeout(timer.current);
  useEffect(() => () => clearTimeout(timer.current), []);
  const start = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    stop();
    byPointer.current = true;
    const again = (): void => {
      press.current();
      timer.current = setTimeout(again, REPEAT_MS);
    };
    press.current();
    timer.current = setTimeout(again, REPEAT_AFTER_MS);
  };
  return (
    <button
      type="button"
      className="soft-key"
      aria-label={name}
      onMouseDown={keepFocus}
      onPointerDown={start}
      onPointerUp={stop}
      onPointerLeave={stop}
      onPointerCancel={stop}
      onContextMenu={keepFocus}
      onClick={() => {
        // A keyboard or a screen reader clicks without a pointer.
        if (!byPointer.current) onPress();
        byPointer.current = false;
      }}
    >
      {children}
    </button>
  );
}

const ARROWS: readonly { key: Key; name: string; icon: LucideIcon }[] = [
  { key: 'left', name: 'Left', icon: ArrowLeft },
  { key: 'up', name: 'Up', icon: ArrowUp },
  { key: 'down', name: 'Down', icon: ArrowDown },
  { key: 'right', name: 'Right', icon: ArrowRight },
];

const MORE: readonly { label: string; name: string; key: Key }[] = [
  { label: 'Home', name: 'Home', key: 'home' },
  { label: 'End', name: 'End', key: 'end' },
  { label: 'PgUp', name: 'PgUp, page up', key: 'pageUp' },
  { label: 'PgDn', name: 'PgDn, page down', key: 'pageDown' },
];

const CHARACTERS: readonly { character: string; name: string }[] = [
  { character: '/', name: 'Slash' },
  { character: '|', name: 'Pipe' },
  { character: '-', name: 'Dash' },
];

const CONTROLS: readonly { label: string; name: string; sends: string }[] = [
  { label: '^D', name: 'Control and D', sends: '\u0004' },
  { label: '^R', name: 'Control and R', sends: '\u0012' },
  { label: '^O', name: 'Control and O', sends: '\u000f' },
  { label: '^Z', name: 'Control and Z', sends: '\u001a' },
];

export interface SoftKeysProps {
  terminal: SessionTerminal;
  holds: Holds;
  onPaste: () => void;
}

/** Keys that a phone's keyboard lacks. */
export function SoftKeys({ terminal, holds, onPaste }: SoftKeysProps) {
  const [more, setMore] = useState(false);
  const arrow = ({ key, name, icon: Icon }: (typeof ARROWS)[number]) => (
    <RepeatingKey key={key} name={name} onPress={() => terminal.pressKey(key)}>
      <Icon size={18} aria-hidden="true" />
    </RepeatingKey>
  );
  return (
    <div className="soft-keys" role="toolbar" aria-label="Keys">
      {more && (
        <div className="soft-row">
          {MORE.map(({ label, name, key }) => (
            <RepeatingKey key={key} name={name} onPress={() => terminal.pressKey(key)}>
              {label}
            </RepeatingKey>
          ))}
          {CONTROLS.map(({ label, name, sends }) => (
            <SoftKey key={label} name={name} onPress={() => terminal.view.press(sends)}>
              {label}
            </SoftKey>
          ))}
        </div>
      )}
      <div className="soft-row">
        <SoftKey name="Esc" onPress={() => terminal.pressKey('escape')}>
          Esc
        </SoftKey>
        <SoftKey name="Tab" onPress={() => terminal.pressKey('tab')}>
          Tab
        </SoftKey>
        <SoftKey
          name="Shift and Tab"
          onPress={() => terminal.view.press(keySequence('tab', { ctrl: false, alt: false, shift: true }, false))}
        >
          ⇧Tab
        </SoftKey>
        <SoftKey name="Ctrl" hold={holds.ctrl} onPress={() => terminal.hold('ctrl')}>
          Ctrl
        </SoftKey>
        <SoftKey name="Alt" hold={holds.alt} onPress={() => terminal.hold('alt')}>
          Alt
        </SoftKey>
        {CHARACTERS.map(({ character, name }) => (
          <SoftKey key={character} name={name} onPress={() => terminal.view.press(character)}>
            {character}
          </SoftKey>
        ))}
      </div>
      <div className="soft-row">
        <SoftKey name="Control and C" onPress={() => terminal.view.press('\u0003')}>
          ^C
        </SoftKey>
        {ARROWS.map(arrow)}
        <SoftKey name="Enter" onPress={() => terminal.pressKey('enter')}>
          <CornerDownLeft size={18} aria-hidden="true" />
        </SoftKey>
        <SoftKey name="Paste" onPress={onPaste}>
          <ClipboardPaste size={18} aria-hidden="true" />
        </SoftKey>
        <button
          type="button"
          className="soft-key"
          aria-label="More keys"
          aria-expanded={more}
          onMouseDown={keepFocus}
          onClick={() => setMore(!more)}
        >
          <Ellipsis size={18} aria-hidden="true" />
        </button>
      </div>
    </div>
  );
}
