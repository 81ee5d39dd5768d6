import type { SessionView } from '@berth/protocol';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Form } from 'react-aria-components/Form';
import { Button } from '../ui/button.js';
import { Dialog, DialogActions } from '../ui/dialog.js';
import { TextField } from '../ui/text-field.js';
import { useToast } from '../ui/toast.js';
import { useSessionMutations } from './session-queries.js';
import { TITLE_LENGTH } from './session-words.js';

/** Gives a session another title, for everybody. */
export function RenameDialog({ session, onClose }: { session: SessionView; onClose: () => void }) {
  const [title, setTitle] = useState(session.title);
  const { rename } = useSessionMutations();
  const toast = useToast();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === '') return;
    if (wanted !== session.title) rename.mutate({ session, title: wanted }, { onError: toast.error });
    onClose();
  };
  return (
    <Dialog title="Rename session" isOpen onClose={onClose}>
      <Form className="form" onSubmit={submit}>
        <TextField label="Title" value={title} onChange={setTitle} maxLength={TITLE_LENGTH} isRequired autoFocus autoComplete="off" />
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isDisabled={title.trim() === ''}>
            Rename
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
