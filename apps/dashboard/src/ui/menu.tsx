import './menu.css';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement } from 'react';
import { Menu as AriaMenu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { Text } from 'react-aria-components/Text';

export interface MenuEntry {
  id: string;
  label: string;
  icon?: LucideIcon;
  danger?: boolean;
  run: () => void;
}

export interface MenuProps {
  /** What the menu is about, read aloud. */
  label: string;
  /** The button that opens it. */
  trigger: ReactElement;
  entries: readonly MenuEntry[];
}

/** Things that can be done, behind a button. */
export function Menu({ label, trigger, entries }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement="bottom end" offset={4}>
        <AriaMenu className="menu" aria-label={label} items={entries}>
          {({ id, label: text, icon: Icon, danger = false, run }) => (
            <MenuItem id={id} textValue={text} onAction={run} className={`menu-item${danger ? ' danger' : ''}`}>
              {Icon && <Icon size={16} aria-hidden="true" />}
              <Text slot="label">{text}</Text>
            </MenuItem>
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
