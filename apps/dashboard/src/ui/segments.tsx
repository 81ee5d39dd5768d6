import './segments.css';
import type { LucideIcon } from 'lucide-react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup';

export interface SegmentsProps<T extends string> {
  label: string;
  choices: readonly { id: T; label: string; icon?: LucideIcon }[];
  value: T;
  onChange: (value: T) => void;
}

/** One of two to four short choices, all in view. */
export function Segments<T extends string>({ label, choices, value, onChange }: SegmentsProps<T>) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      className="segments"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const chosen = choices.find(({ id }) => keys.has(id));
        if (chosen) onChange(chosen.id);
      }}
    >
      {choices.map(({ id, label: text, icon: Icon }) => (
        <ToggleButton key={id} id={id} className="segment">
          {Icon && <Icon size={16} aria-hidden="true" />}
          {text}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
