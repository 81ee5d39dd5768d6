import './badge.css';
import type { ReactNode } from 'react';

export type Tone = 'good' | 'wait' | 'bad' | 'calm' | 'over';

/** A short word with a colour; the word alone says everything. `dot`: a mark before it, for states. */
export function Badge({ tone = 'over', dot = false, children }: { tone?: Tone; dot?: boolean; children: ReactNode }) {
  return (
    <span className="badge" data-tone={tone}>
      {dot && <span className="badge-dot" aria-hidden="true" />}
      {children}
    </span>
  );
}
