import type { Modifiers } from './key-sequences.js';

/** A modifier of the key bar: up, down for the next key, or down until it is pressed again. */
export type Hold = 'off' | 'once' | 'locked';

export interface Holds {
  ctrl: Hold;
  alt: Hold;
}

export const NO_HOLDS: Holds = { ctrl: 'off', alt: 'off' };

const NEXT: Record<Hold, Hold> = { off: 'once', once: 'locked', locked: 'off' };

/** After a press of a modifier itself. */
export const pressed = (holds: Holds, modifier: keyof Holds): Holds => ({ ...holds, [modifier]: NEXT[holds[modifier]] });

/** After a key that they modified. */
export const released = ({ ctrl, alt }: Holds): Holds => ({ ctrl: ctrl === 'once' ? 'off' : ctrl, alt: alt === 'once' ? 'off' : alt });

export const isHeld = ({ ctrl, alt }: Holds): boolean => ctrl !== 'off' || alt !== 'off';

export const modifiersOf = ({ ctrl, alt }: Holds): Modifiers => ({ ctrl: ctrl !== 'off', alt: alt !== 'off' });
