import './toast.css';
import { CircleAlert, CircleCheck, Info, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { createContext, use, useCallback, useMemo, useRef, useState } from 'react';
import { IconButton } from './button.js';
import { messageOf } from './message-of.js';

type Level = 'info' | 'good' | 'error';

interface ShownToast {
  id: number;
  level: Level;
  text: string;
}

export interface Toasts {
  info(text: string): void;
  good(text: string): void;
  /** A text, or what a failed call threw. */
  error(error: unknown): void;
}

/** Long enough to read two lines; what went wrong stays longer. */
const SHOWN_MS: Record<Level, number> = { info: 6_000, good: 4_000, error: 12_000 };
const MOST = 4;
const ICONS = { info: Info, good: CircleCheck, error: CircleAlert };

const ToastContext = createContext<Toasts | undefined>(undefined);

/** Short messages that come and go by themselves. */
export function useToast(): Toasts {
  const toasts = use(ToastContext);
  if (!toasts) throw new Error('useToast() outside of ToastProvider');
  return toasts;
}

/** Shows the messages of everything inside: one corner of the page, read aloud as they come, the same text only once at a time. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly ShownToast[]>([]);
  const next = useRef(0);
  const hide = useCallback((id: number) => setShown((all) => all.filter((each) => each.id !== id)), []);
  const toasts = useMemo((): Toasts => {
    const show = (level: Level, text: string): void => {
      const id = next.current++;
      setShown((all) => [...all.filter((each) => each.text !== text), { id, level, text }].slice(-MOST));
      setTimeout(() => hide(id), SHOWN_MS[level]);
    };
    return {
      info: (text) => show('info', text),
      good: (text) => show('good', text),
      error: (error) => show('error', messageOf(error)),
    };
  }, [hide]);
  return (
    <ToastContext value={toasts}>
      {children}
      <section className="toasts" aria-label="Messages" aria-live="polite" data-react-aria-top-layer="true">
        {shown.map(({ id, level, text }) => {
          const Icon = ICONS[level];
          return (
            <div key={id} className="toast" data-level={level} role={level === 'error' ? 'alert' : 'status'}>
              <Icon size={18} aria-hidden="true" />
              <p>{text}</p>
              <IconButton label="Dismiss" icon={X} small onPress={() => hide(id)} />
            </div>
          );
        })}
      </section>
    </ToastContext>
  );
}
