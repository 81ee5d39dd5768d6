import type { ReactNode } from 'react';
import { Button } from './button.js';
import { Dialog, DialogActions } from './dialog.js';

export interface ConfirmDialogProps {
  title: string;
  /** What happens, and what is lost. */
  children: ReactNode;
  /** What the button says that goes on. */
  action: string;
  isOpen: boolean;
  isPending?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** A question before something that cannot be undone. The way out has the focus. */
export function ConfirmDialog({ title, children, action, isOpen, isPending = false, onConfirm, onClose }: ConfirmDialogProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} role="alertdialog">
      <div className="dialog-text">{children}</div>
      <DialogActions>
        <Button onPress={onClose} autoFocus>
          Cancel
        </Button>
        <Button variant="danger" onPress={onConfirm} isPending={isPending}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
