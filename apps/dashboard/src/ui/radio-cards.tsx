import './field.css';
import './radio-cards.css';
import type { LucideIcon } from 'lucide-react';
import { Label } from 'react-aria-components/Label';
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup';

export interface RadioCard<T extends string> {
  id: T;
  label: string;
  description?: string;
  icon?: LucideIcon;
}

export interface RadioCardsProps<T extends string> {
  label: string;
  choices: readonly RadioCard<T>[];
  value: T;
  onChange: (value: T) => void;
  /** Beside each other where there is room. */
  columns?: boolean;
  isDisabled?: boolean;
}

/** One of a few, each with a line of its own about what it means. */
export function RadioCards<T extends string>({ label, choices, value, onChange, columns = false, isDisabled = false }: RadioCardsProps<T>) {
  return (
    <RadioGroup
      className="field"
      value={value}
      isDisabled={isDisabled}
      onChange={(chosen) => {
        const choice = choices.find(({ id }) => id === chosen);
        if (choice) onChange(choice.id);
      }}
    >
      <Label className="field-label">{label}</Label>
      <div className={`radio-cards${columns ? ' columns' : ''}`}>
        {choices.map(({ id, label: text, description, icon: Icon }) => (
          <Radio key={id} value={id} className="radio-card">
            {Icon ? <Icon size={18} aria-hidden="true" /> : <span className="radio-dot" aria-hidden="true" />}
            <span className="radio-text">
              <span className="radio-label">{text}</span>
              {description !== undefined && <span className="field-hint">{description}</span>}
            </span>
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
