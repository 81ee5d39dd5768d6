import { Sparkles, SquareChevronRight, SquareTerminal } from 'lucide-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Form } from 'react-aria-components/Form';
import { useNavigate } from 'react-router';
import { useBerth } from '../app/berth-context.js';
import { Button } from '../ui/button.js';
import { Dialog, DialogActions } from '../ui/dialog.js';
import { FormFailure, issueOf } from '../ui/form-failure.js';
import type { RadioCard } from '../ui/radio-cards.js';
import { RadioCards } from '../ui/radio-cards.js';
import { TextField } from '../ui/text-field.js';
import { ClaudeFields, CommandFields } from './create-program-fields.js';
import { FolderFields, useWorkspaceRoots } from './create-folder-fields.js';
import type { DraftProgram, SessionDraft } from './session-draft.js';
import { EMPTY_DRAFT, inputOf, missingIn } from './session-draft.js';
import { applyUpdate } from './session-queries.js';
import { TITLE_LENGTH } from './session-words.js';

const PROGRAMS: readonly RadioCard<DraftProgram>[] = [
  { id: 'claude', label: 'Claude Code', description: 'The coding agent', icon: Sparkles },
  { id: 'shell', label: 'Shell', description: 'bash, as at login', icon: SquareTerminal },
  { id: 'command', label: 'Command', description: 'Any program', icon: SquareChevronRight },
];
const TITLES: Record<DraftProgram, string> = { claude: 'What are you going to do?', shell: 'Shell', command: 'Title' };

/** Describes a new session, starts it, and goes there. */
export function CreateDialog({ onClose }: { onClose: () => void }) {
  const { api } = useBerth();
  const client = useQueryClient();
  const navigate = useNavigate();
  const roots = useWorkspaceRoots();
  const [draft, setDraft] = useState<SessionDraft>(EMPTY_DRAFT);
  const [tried, setTried] = useState(false);
  const change = (part: Partial<SessionDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const create = useMutation({
    mutationFn: () => api.call('createSession', { body: inputOf(draft) }),
    onSuccess: (session) => {
      applyUpdate(client, { sessionId: session.id, session });
      void navigate(`/sessions/${session.id}`);
    },
  });
  const missing = missingIn(draft, roots);
  const shown = tried ? missing : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(missing).length === 0) create.mutate();
  };
  return (
    <Dialog title="New session" isOpen onClose={onClose} wide>
      <Form className="form" onSubmit={submit} validationBehavior="aria">
        <RadioCards label="Program" columns choices={PROGRAMS} value={draft.program} onChange={(program) => change({ program })} />
        <TextField
          label="Title (optional)"
          value={draft.title}
          onChange={(title) => change({ title })}
          maxLength={TITLE_LENGTH}
          placeholder={TITLES[draft.program]}
          autoComplete="off"
          error={issueOf(create.error, 'title')}
        />
        {draft.program === 'claude' && <ClaudeFields draft={draft} onChange={change} modelError={issueOf(create.error, 'model')} />}
        {draft.program === 'command' && (
          <CommandFields draft={draft} onChange={change} error={shown.executable ?? issueOf(create.error, 'command')} />
        )}
        <FolderFields draft={draft} onChange={change} roots={roots} error={shown.path ?? issueOf(create.error, 'workspace')} />
        <FormFailure error={create.error} shown={['title', 'model', 'command', 'workspace']} />
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={create.isPending}>
            Start session
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
