import type { SessionView } from '@berth/protocol';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { useToast } from '../ui/toast.js';
import { RenameDialog } from './rename-dialog.js';
import { useSessionMutations } from './session-queries.js';

export type SessionQuestion = 'rename' | 'close' | 'delete';

export interface SessionQuestionsProps {
  session: SessionView;
  asked: SessionQuestion;
  onClose: () => void;
  onDeleted?: (() => void) | undefined;
}

/** What is asked before a session gets another title, ends, or is gone. */
export function SessionQuestions({ session, asked, onClose, onDeleted }: SessionQuestionsProps) {
  const toast = useToast();
  const { close, remove } = useSessionMutations();
  const deleteIt = (): void => {
    onClose();
    remove.mutate(session, { onError: toast.error, onSuccess: () => onDeleted?.() });
  };
  switch (asked) {
    case 'rename':
      return <RenameDialog session={session} onClose={onClose} />;
    case 'close':
      return (
        <ConfirmDialog
          title="Close this session?"
          action="Close session"
          isOpen
          isPending={close.isPending}
          onClose={onClose}
          onConfirm={() => close.mutate(session, { onError: toast.error, onSettled: onClose })}
        >
          <p>
            <strong>{session.title}</strong> ends for everybody, and so does every program in it. It cannot be woken again. Its output can
            be read until you delete it.
          </p>
        </ConfirmDialog>
      );
    case 'delete':
      return (
        <ConfirmDialog title="Delete this session?" action="Delete session" isOpen onClose={onClose} onConfirm={deleteIt}>
          <p>
            <strong>{session.title}</strong> is deleted for everybody: its output
            {session.workspace === null ? ', and its own folder with all files in it' : ' (the files in its folder stay)'}. Nobody can bring
            that back.
          </p>
        </ConfirmDialog>
      );
  }
}
