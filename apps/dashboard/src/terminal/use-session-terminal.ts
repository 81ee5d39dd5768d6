import type { SessionId } from '@berth/protocol';
import type { RefObject } from 'react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useBerth } from '../app/berth-context.js';
import type { SessionTerminalOptions, TerminalState } from './session-terminal.js';
import { SessionTerminal } from './session-terminal.js';
import type { Look } from './view/terminal-view.js';

export interface SessionTerminalParts {
  /** Where the terminal goes. */
  place: RefObject<HTMLDivElement | null>;
  /** Undefined until the page stands. */
  terminal: SessionTerminal | undefined;
  state: TerminalState | undefined;
}

type Wanted = Pick<SessionTerminalOptions, 'wantsDrive' | 'title' | 'events'> & {
  look: Look;
  /** Everything around the terminal stands, so that the size it finds is the one that it keeps. */
  ready: boolean;
};

const nothing = (): (() => void) => () => undefined;

/** Keeps one {@link SessionTerminal} as long as the page shows this session. What is wanted of it is asked for when it is needed, and may change at any time. */
export function useSessionTerminal(sessionId: SessionId, wanted: Wanted): SessionTerminalParts {
  const { api } = useBerth();
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(wanted);
  const [terminal, setTerminal] = useState<SessionTerminal>();
  useEffect(() => {
    latest.current = wanted;
  });
  useEffect(() => {
    if (!place.current || !wanted.ready) return undefined;
    const made = new SessionTerminal({
      sessionId,
      api,
      place: place.current,
      look: latest.current.look,
      wantsDrive: latest.current.wantsDrive,
      title: () => latest.current.title(),
      events: {
        openLink: (address) => latest.current.events.openLink(address),
        longPress: () => latest.current.events.longPress(),
        key: (event) => latest.current.events.key(event),
        refused: (why) => latest.current.events.refused(why),
        gap: (words) => latest.current.events.gap(words),
      },
    });
    setTerminal(made);
    return () => {
      setTerminal(undefined);
      made.dispose();
    };
  }, [api, sessionId, wanted.ready]);

  const { dark, fontSize, screenReader, optionIsAlt } = wanted.look;
  useEffect(() => {
    terminal?.view.setLook({ dark, fontSize, screenReader, optionIsAlt });
  }, [terminal, dark, fontSize, screenReader, optionIsAlt]);

  const state = useSyncExternalStore(terminal?.subscribe ?? nothing, () => terminal?.state);
  return { place, terminal, state };
}
