import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './button.js';
import { useToast } from './toast.js';

const SHOWN_MS = 2_000;

/** Puts a text into the clipboard, and says so. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const toast = useToast();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Browsers give the clipboard to secure addresses alone: https, or this machine.
      toast.error('The browser does not let this page copy. Select the text and copy it yourself.');
    }
  };
  return (
    <Button icon={copied ? Check : Copy} onPress={() => void copy()}>
      {copied ? 'Copied' : label}
    </Button>
  );
}
