import { PermissionMode } from '@berth/protocol';
import { Select } from '../ui/select.js';
import { TextField } from '../ui/text-field.js';
import type { SessionDraft } from './session-draft.js';
import { argumentsOf } from './session-draft.js';
import { PERMISSION_WORDS, commandLine } from './session-words.js';

const MODES = PermissionMode.options.map((id) => ({ id, ...PERMISSION_WORDS[id] }));

interface FieldsProps {
  draft: SessionDraft;
  onChange: (part: Partial<SessionDraft>) => void;
}

/** What Claude Code alone knows: how it asks, and which model it uses. */
export function ClaudeFields({ draft, onChange, modelError }: FieldsProps & { modelError: string | undefined }) {
  return (
    <>
      <Select
        label="Permissions"
        choices={MODES}
        value={draft.permissionMode}
        onChange={(permissionMode) => onChange({ permissionMode })}
        description={PERMISSION_WORDS[draft.permissionMode].description}
      />
      <TextField
        label="Model (optional)"
        code
        value={draft.model}
        onChange={(model) => onChange({ model })}
        placeholder="The provider's default"
        description="Such as opus, sonnet, haiku or a full model name. It can be changed in the session."
        error={modelError}
      />
    </>
  );
}

/** Any program, by its arguments. */
export function CommandFields({ draft, onChange, error }: FieldsProps & { error: string | undefined }) {
  const argv = [draft.executable.trim(), ...argumentsOf(draft.arguments)];
  return (
    <>
      <TextField
        label="Program"
        code
        value={draft.executable}
        onChange={(executable) => onChange({ executable })}
        placeholder="htop"
        isRequired
        error={error}
      />
      <TextField
        label="Arguments, one a line (optional)"
        code
        lines={3}
        value={draft.arguments}
        onChange={(lines) => onChange({ arguments: lines })}
        description={
          argv[0] !== '' && argv.length > 1 ? `Starts: ${commandLine(argv)}` : 'No shell reads them: quotes and $ mean themselves.'
        }
      />
    </>
  );
}
