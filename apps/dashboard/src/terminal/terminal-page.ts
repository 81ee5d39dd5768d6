import type { ByteSocketEvents, ConnectionState } from '@berth/client';
import { ApiError, ByteSocket, browserSocket, ticketFor } from '@berth/client';
import type { RunUpdate } from '@berth/protocol';
import { ROLE, SessionId } from '@berth/protocol';
import { button, element, listen } from '../dom.js';
import type { Page, PageContext } from '../page.js';
import { rememberWanted } from '../sign-in.js';
import { clientId } from './client-id.js';
import { keyBar } from './key-bar.js';
import { statusOf } from './status-words.js';
import { TerminalView } from './terminal-view.js';

const NOTICE_MS = 8_000;
const UNAUTHENTICATED = 4401;

/** A session's terminal: shows, types, resizes, and comes back by itself. */
export const terminalPage =
  (id: string): Page =>
  (context) => {
    const sessionId = SessionId.safeParse(id);
    if (!sessionId.success) {
      context.root.append(
        element(
          'main',
          { class: 'card' },
          element('h1', {}, 'No such session'),
          button('All sessions', () => context.go('/')),
        ),
      );
      return () => undefined;
    }
    const screen = new TerminalScreen(sessionId.data, context);
    return () => screen.dispose();
  };

class TerminalScreen {
  private readonly view: TerminalView;
  private readonly name = element('span', { class: 'name' }, 'Terminal');
  private readonly state = element('span', { class: 'state', role: 'status' });
  private readonly trip = element('span', { class: 'trip' });
  private readonly role = element('span', { class: 'role', hidden: true }, 'watching');
  private readonly action = button('', () => this.act(), { class: 'action', hidden: true });
  private readonly notice = element('div', { class: 'toast', role: 'alert', hidden: true });
  private readonly ends: (() => void)[];
  private socket: ByteSocket;
  private connection: ConnectionState = { phase: 'connecting' };
  private run: RunUpdate | undefined;
  private driver = false;
  private title = '';
  private hideNotice: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly sessionId: SessionId,
    private readonly context: PageContext,
  ) {
    const back = element('a', { href: '/', 'aria-label': 'All sessions' }, '‹');
    back.addEventListener('click', (event) => {
      event.preventDefault();
      context.go('/');
    });
    const place = element('div', { class: 'place' });
    this.view = new TerminalView(place, {
      typed: (data) => this.socket.send(data),
      fits: (size) => this.driver && this.socket.resize(size.cols, size.rows),
      title: (title) => this.rename(title),
    });
    const bar = element('header', { class: 'session-bar' }, back, this.name, this.role, this.state, this.trip, this.action);
    context.root.append(
      element('main', { class: 'terminal-page' }, bar, this.notice, element('div', { class: 'frame' }, place), keyBar(this.view)),
    );
    this.socket = this.connect(0);
    const retry = (): void => {
      if (document.visibilityState === 'visible') this.socket.open();
    };
    this.ends = [listen(window, 'online', retry), listen(document, 'visibilitychange', retry), followKeyboard(context.root)];
    this.view.focus();
    void this.readTitle();
  }

  dispose(): void {
    for (const end of this.ends) end();
    clearTimeout(this.hideNotice);
    this.socket.close();
    this.view.dispose();
  }

  private connect(from: number): ByteSocket {
    const socket = new ByteSocket({
      sessionId: this.sessionId,
      clientId: clientId(),
      gateways: [location.origin],
      credential: ticketFor(this.context.api, this.sessionId),
      openSocket: browserSocket,
      wantsDrive: true,
      from,
      ...this.view.proposal(),
      events: this.events(),
    });
    socket.open();
    return socket;
  }

  private events(): ByteSocketEvents {
    const { view } = this;
    return {
      output: (offset, data, done) => view.write(offset, data, done),
      gap: (from, to, reason) => this.skipped(to - from, reason),
      screen: ({ cols, rows, serialized }) => {
        view.setSize({ cols, rows });
        view.reset(serialized);
      },
      state: (run) => {
        if (this.run && run.epoch > this.run.epoch) view.nextProgram();
        this.run = run;
        this.show();
      },
      resized: (cols, rows) => view.setSize({ cols, rows }),
      attached: ({ role, head }) => {
        this.driver = role === ROLE.driver;
        this.role.hidden = this.driver;
        view.setWritable(this.driver);
        view.answerFrom(this.driver ? head : Infinity);
        if (this.driver) this.fitAgain();
      },
      connection: (state) => this.connectionChanged(state),
      roundTrip: (ms) => {
        this.trip.textContent = `${Math.max(1, Math.round(ms))} ms`;
      },
      rejected: (code) =>
        this.tell(
          code === 'input_full'
            ? 'The program does not read: some input was dropped.'
            : 'Nobody is there to type to: some input was dropped.',
        ),
    };
  }

  /** The page may have changed while nobody could be told. */
  private fitAgain(): void {
    const { cols, rows } = this.view.proposal();
    this.socket.resize(cols, rows);
  }

  private connectionChanged(state: ConnectionState): void {
    this.connection = state;
    if (state.phase !== 'attached') this.trip.textContent = '';
    if (state.phase === 'ended') this.view.setWritable(false);
    if (state.phase === 'ended' && state.code === UNAUTHENTICATED) {
      rememberWanted(location.pathname);
      this.context.go('/login');
      return;
    }
    this.show();
  }

  private show(): void {
    const { text, tone, wake, reconnect } = statusOf(this.connection, this.run);
    this.state.textContent = text;
    this.state.dataset['tone'] = tone;
    this.action.textContent = wake ? 'Wake' : (reconnect ?? '');
    this.action.hidden = !wake && reconnect === undefined;
  }

  /** What the button in the bar offers at the moment. */
  private act(): void {
    if (statusOf(this.connection, this.run).wake) return void this.wake();
    this.socket = this.connect(this.socket.parsedUpTo);
    this.view.focus();
  }

  private async wake(): Promise<void> {
    this.action.disabled = true;
    try {
      await this.context.api.call('wakeSession', { params: { sessionId: this.sessionId } });
    } catch (error) {
      this.tell(error instanceof ApiError ? error.message : 'The session could not be woken.');
    } finally {
      this.action.disabled = false;
      this.view.focus();
    }
  }

  private skipped(bytes: number, reason: string): void {
    // Between two runs lies what was reserved, not what was written: its size says nothing.
    if (reason === 'lost') {
      this.view.nextProgram();
      this.tell('The program was lost with its host. What follows is a new one.');
    } else {
      this.view.reset();
      this.tell(`${bytes.toLocaleString()} bytes of older output are no longer kept.`);
    }
  }

  private tell(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = false;
    clearTimeout(this.hideNotice);
    this.hideNotice = setTimeout(() => {
      this.notice.hidden = true;
    }, NOTICE_MS);
  }

  private async readTitle(): Promise<void> {
    try {
      const session = await this.context.api.call('getSession', { params: { sessionId: this.sessionId } });
      if (this.title === '') this.rename(session.title);
    } catch {
      // The connection's own state tells what is wrong.
    }
  }

  private rename(title: string): void {
    if (title === '') return;
    this.title = title;
    this.name.textContent = title;
    document.title = `${title} · Berth`;
  }
}

/** Keeps the page above a phone's keyboard where the browser lets the keyboard cover it. */
function followKeyboard(root: HTMLElement): () => void {
  const { visualViewport } = window;
  if (!visualViewport) return () => undefined;
  const follow = (): void => root.style.setProperty('--visible-height', `${visualViewport.height}px`);
  follow();
  return listen(visualViewport, 'resize', follow);
}
