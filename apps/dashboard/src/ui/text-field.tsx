import './field.css';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextArea } from 'react-aria-components/TextArea';
import type { TextFieldProps as AriaTextFieldProps } from 'react-aria-components/TextField';
import { TextField as AriaTextField } from 'react-aria-components/TextField';

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'children' | 'className' | 'style'> {
  label: string;
  description?: string;
  /** Instead of what the browser or the server's issues say about the field. */
  error?: string | undefined;
  placeholder?: string;
  /** Letters of equal width, and no help by the browser: paths, programs, keys. */
  code?: boolean;
  /** More than one line: this many to begin with. */
  lines?: number;
}

const VERBATIM = { autoComplete: 'off', autoCapitalize: 'none', autoCorrect: 'off', spellCheck: 'false' } as const;

/** A labelled input with a hint and an error below it. */
export function TextField({ label, description, error, placeholder, code = false, lines, ...rest }: TextFieldProps) {
  const shared = { className: `input${code ? ' code' : ''}`, placeholder: placeholder ?? '' };
  return (
    <AriaTextField {...(code ? VERBATIM : {})} {...rest} isInvalid={rest.isInvalid ?? error !== undefined} className="field">
      <Label className="field-label">{label}</Label>
      {lines === undefined ? <Input {...shared} /> : <TextArea {...shared} rows={lines} />}
      {description !== undefined && (
        <Text slot="description" className="field-hint">
          {description}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}
