import './field.css';
import './menu.css';
import { Check, ChevronDown } from 'lucide-react';
import { Button } from 'react-aria-components/Button';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Select as AriaSelect, SelectValue } from 'react-aria-components/Select';
import { Text } from 'react-aria-components/Text';

interface Choice<T extends string> {
  id: T;
  label: string;
  /** One line below the label. */
  description?: string;
}

export interface SelectProps<T extends string> {
  label: string;
  /** The label is read aloud only. */
  hideLabel?: boolean;
  description?: string;
  choices: readonly Choice<T>[];
  value: T;
  onChange: (value: T) => void;
  isDisabled?: boolean;
}

/** One of a few. */
export function Select<T extends string>({
  label,
  hideLabel = false,
  description,
  choices,
  value,
  onChange,
  isDisabled = false,
}: SelectProps<T>) {
  return (
    <AriaSelect
      className="field"
      value={value}
      onChange={(key) => {
        const chosen = choices.find(({ id }) => id === key);
        if (chosen) onChange(chosen.id);
      }}
      isDisabled={isDisabled}
      {...(hideLabel ? { 'aria-label': label } : {})}
    >
      {!hideLabel && <Label className="field-label">{label}</Label>}
      <Button className="input select">
        <SelectValue className="select-value">{() => choices.find(({ id }) => id === value)?.label}</SelectValue>
        <ChevronDown size={16} aria-hidden="true" />
      </Button>
      {description !== undefined && (
        <Text slot="description" className="field-hint">
          {description}
        </Text>
      )}
      <Popover className="popover" offset={4}>
        <ListBox className="menu" items={choices}>
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.label} className="menu-item">
              <span className="menu-text">
                <span>{choice.label}</span>
                {choice.description !== undefined && <span className="menu-hint">{choice.description}</span>}
              </span>
              <Check size={16} aria-hidden="true" className="menu-check" />
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
