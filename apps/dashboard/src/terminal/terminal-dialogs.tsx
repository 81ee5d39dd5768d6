import './terminal-dialogs.css';
import { ClipboardPaste, Copy } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../ui/button.js';
import { Dialog, DialogActions } from '../ui/dialog.js';
import { TextField } from '../ui/text-field.js';
import { useToast } from '../ui/toast.js';
import { copyText } from './clipboard.js';

interface DialogProps {
  onClose: () => void;
}

/** Asks before a link of a program is opened: what it leads to may differ from what it says. */
export function LinkDialog({ address, onClose }: DialogProps & { address: string }) {
  const open = (): void => {
    window.open(address, '_blank', 'noopener,noreferrer');
    onClose();
  };
  return (
    <Dialog title="Open this address?" isOpen onClose={onClose} role="alertdialog">
      <p className="dialog-code">{address}</p>
      <p className="dialog-note">A program in the session wrote this link. It opens in a new tab and learns nothing about this page.</p>
      <DialogActions>
        <Button onPress={() => void copyText(address).then(onClose)}>Copy</Button>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="primary" onPress={open}>
          Open
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** The terminal's text as plain text, which a finger can select. */
export function TextSheet({ text, onClose, onPaste }: DialogProps & { text: string; onPaste: (() => void) | undefined }) {
  const toast = useToast();
  const end = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const pre = end.current;
    if (pre) pre.scrollTop = pre.scrollHeight;
  }, []);
  const copy = async (): Promise<void> => {
    const selected = String(getSelection() ?? '');
    const copied = await copyText(selected === '' ? text : selected);
    if (copied) toast.good(selected === '' ? 'All text is on the clipboard.' : 'The selected text is on the clipboard.');
    else toast.error('This browser does not let the page copy. Select the text and copy it by hand.');
  };
  return (
    <Dialog title="Text of the terminal" isOpen onClose={onClose} wide>
      <pre ref={end} className="text-sheet" tabIndex={0} aria-label="Text of the terminal">
        {text === '' ? 'Nothing is shown yet.' : text}
      </pre>
      <DialogActions>
        {onPaste && (
          <Button icon={ClipboardPaste} onPress={onPaste}>
            Paste into terminal
          </Button>
        )}
        <Button variant="primary" icon={Copy} onPress={() => void copy()}>
          Copy
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** Takes a paste where the browser gives the page no clipboard: without TLS, or when asked not to. */
export function PasteDialog({ onClose, onPaste }: DialogProps & { onPaste: (text: string) => void }) {
  const [text, setText] = useState('');
  return (
    <Dialog title="Paste into the terminal" isOpen onClose={onClose}>
      <TextField
        label="Text"
        description="Paste it here: this page may not read the clipboard by itself. It goes to the program in one piece, and line ends do not run commands in programs that know a paste."
        value={text}
        onChange={setText}
        lines={5}
        code
        autoFocus
      />
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="primary" isDisabled={text === ''} onPress={() => onPaste(text)}>
          Send
        </Button>
      </DialogActions>
    </Dialog>
  );
}
