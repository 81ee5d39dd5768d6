import './terminal.css';
import type { SessionId } from '@berth/protocol';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useBerth } from '../app/berth-context.js';
import { mayDrive, mayManage } from '../app/permissions.js';
import { useResolvedTheme } from '../app/theme.js';
import { useTitle } from '../app/use-title.js';
import { useSession, useSessionMutations } from '../sessions/session-queries.js';
import { useToast } from '../ui/toast.js';
import { copyText, readClipboard } from './clipboard.js';
import { FindBar } from './find-bar.js';
import { SoftKeys } from './keys/soft-keys.js';
import type { Shortcut } from './keys/terminal-shortcuts.js';
import { shortcutOf } from './keys/terminal-shortcuts.js';
import { PeopleButton } from './people-button.js';
import { peopleOf } from './people.js';
import { usePreferences } from './preferences.js';
import { SessionBar } from './session-bar.js';
import { ModelLabel, SizeLabel, StatusNotice } from './session-notices.js';
import { SettingsDialog } from './settings-dialog.js';
import { StatusButton } from './status-button.js';
import { statusOf } from './status-words.js';
import { LinkDialog, PasteDialog, TextSheet } from './terminal-dialogs.js';
import { useIsNarrow } from './use-media.js';
import { useSessionTerminal } from './use-session-terminal.js';
import { useViewers } from './use-viewers.js';
import { HELP_ID } from './view/terminal-input.js';
import { followVisibleArea } from './view/visible-area.js';

/** Large enough for a finger on a phone, small enough for 80 columns on most laptops. */
const FONT_SIZE = { narrow: 12, wide: 14 };
/** A finger that slipped need not be told more often. */
const REFUSAL_MS = 4_000;
const LEAVING_HELP = 'The Tab key goes to the program. Press Control, Shift and Space to leave the terminal.';

/** Before the terminal stands. */
const UNKNOWN = { connection: { phase: 'connecting' }, run: undefined, broken: false } as const;

const REFUSALS = {
  over: 'The session does not run: nobody is there to type to.',
  dropped: 'The program was gone before it got what you typed.',
  full: 'The program does not read: what you typed was dropped.',
} as const;

/** What lies over the terminal. The text is as it was when it was asked for: it must not change under a selection. */
type Open = { what: 'find' | 'paste' | 'settings' } | { what: 'link'; address: string } | { what: 'text'; text: string } | undefined;

/** A session's terminal and everything around it, filling its container. */
export function TerminalScreen({ sessionId }: { sessionId: SessionId }) {
  const { me } = useBerth();
  const toast = useToast();
  const navigate = useNavigate();
  const pageIsDark = useResolvedTheme() === 'dark';
  const narrow = useIsNarrow();
  const chosen = usePreferences();
  const dark = pageIsDark || !chosen.likePage;
  const fontSize = chosen.fontSize ?? (narrow ? FONT_SIZE.narrow : FONT_SIZE.wide);
  const { data: session, isPending, refetch } = useSession(sessionId);
  const { wake } = useSessionMutations();
  const viewers = useViewers(sessionId);
  const drives = mayDrive(me.role);
  const [watchOnly, setWatchOnly] = useState(!drives);
  const [open, setOpen] = useState<Open>();
  const root = useRef<HTMLElement>(null);
  const back = useRef<HTMLAnchorElement>(null);
  const lastRefusal = useRef(-Infinity);

  const refused = (why: 'watching' | keyof typeof REFUSALS): void => {
    const now = performance.now();
    if (now - lastRefusal.current < REFUSAL_MS) return;
    lastRefusal.current = now;
    if (why === 'watching')
      toast.info(
        drives
          ? 'You only watch: switch “Watch only” off to type.'
          : 'You are a viewer in this team: you can watch, not type. An admin can change that.',
      );
    else toast.error(REFUSALS[why]);
  };

  const { place, terminal, state } = useSessionTerminal(sessionId, {
    look: { dark, fontSize, screenReader: chosen.screenReader, optionIsAlt: chosen.optionIsAlt },
    ready: !isPending,
    wantsDrive: !watchOnly,
    title: () => session?.title ?? 'A session',
    events: {
      openLink: (address) => setOpen({ what: 'link', address }),
      longPress: () => showText(),
      key: (event) => runShortcut(shortcutOf(event, session?.program === 'claude')),
      refused,
      gap: (words) => toast.info(`${words}.`),
    },
  });

  const showText = (): void => setOpen({ what: 'text', text: terminal?.view.text ?? '' });
  const runShortcut = (shortcut: Shortcut | undefined): boolean => {
    if (shortcut === undefined) return false;
    if (shortcut === 'leave') back.current?.focus();
    if (shortcut === 'find') setOpen({ what: 'find' });
    if (shortcut === 'newline') terminal?.view.press('\u001b\r');
    if (shortcut === 'copy' && terminal && terminal.view.selection !== '') void copyText(terminal.view.selection);
    return true;
  };

  useEffect(() => (root.current ? followVisibleArea(root.current) : undefined), []);
  // A phone would raise its keyboard before anybody has read a line.
  useEffect(() => {
    if (!matchMedia('(pointer: coarse)').matches) terminal?.view.focus();
  }, [terminal]);
  const { run } = state ?? {};
  useEffect(() => {
    if (run) void refetch();
  }, [refetch, run?.epoch, run?.state]);

  const title = [session?.title ?? 'Session', state?.programTitle].filter((part) => part !== undefined && part !== '').join(' · ');
  useTitle(`${state?.wanted === true ? '● ' : ''}${title}`);

  const close = (): void => {
    setOpen(undefined);
    terminal?.view.focus();
  };
  const paste = async (): Promise<void> => {
    const text = await readClipboard();
    if (text === undefined) return setOpen({ what: 'paste' });
    terminal?.view.paste(text);
    close();
  };
  const watch = (only: boolean): void => {
    setWatchOnly(only);
    terminal?.reconnect(!only);
  };

  const status = statusOf(state ?? UNKNOWN);
  const act = (): void => {
    if (status.action?.kind === 'leave') return void navigate('/');
    if (status.action?.kind === 'connect') terminal?.reconnect(!watchOnly);
    else if (session) wake.mutate(session, { onError: toast.error });
    terminal?.view.focus();
  };
  // Waking is for those who may type; others see why it rests.
  const onAction = status.action?.kind === 'wake' && (!drives || !session) ? undefined : act;

  return (
    <main ref={root} className="terminal-screen">
      <SessionBar
        session={session}
        programTitle={state?.programTitle ?? ''}
        backRef={back}
        onFind={() => setOpen({ what: 'find' })}
        onText={showText}
        onSettings={() => setOpen({ what: 'settings' })}
      >
        {state && <StatusButton status={status} state={state} />}
        <PeopleButton
          people={peopleOf(viewers, me.user.id)}
          role={state?.role}
          mayDrive={drives}
          watchOnly={watchOnly}
          onWatchOnly={watch}
        />
      </SessionBar>
      <StatusNotice status={status} pendingInput={state?.pendingInput ?? 0} isPending={wake.isPending} onAction={onAction} />
      {session && <ModelLabel session={session} mayManage={mayManage(me.role)} />}
      <div className="terminal-frame" data-ground={dark ? 'dark' : 'light'}>
        <div ref={place} className="terminal-place" />
        {state && <SizeLabel state={state} onTake={() => terminal?.takeSize()} />}
        {open?.what === 'find' && terminal && <FindBar view={terminal.view} onClose={close} />}
      </div>
      {terminal && state && !watchOnly && <SoftKeys terminal={terminal} holds={state.holds} onPaste={() => void paste()} />}
      <p id={HELP_ID} hidden>
        {LEAVING_HELP}
      </p>
      {open?.what === 'link' && <LinkDialog address={open.address} onClose={close} />}
      {open?.what === 'text' && (
        <TextSheet text={open.text} onClose={close} onPaste={state?.role === 'driver' ? () => void paste() : undefined} />
      )}
      {open?.what === 'paste' && (
        <PasteDialog
          onClose={close}
          onPaste={(text) => {
            terminal?.view.paste(text);
            close();
          }}
        />
      )}
      {open?.what === 'settings' && <SettingsDialog fontSize={fontSize} onClose={close} />}
    </main>
  );
}
