import type { BerthApi, ByteSocketEvents, ConnectionState, TerminalPlace } from '@berth/client';
import { ByteSocket, browserSocket, ticketFor } from '@berth/client';
import type { RunUpdate, SessionId } from '@berth/protocol';
import { ROLE } from '@berth/protocol';
import { Attention } from './attention.js';
import { clientId } from './client-id.js';
import { gapWords, screenWords } from './gap-words.js';
import { takeHeldInput } from './keys/held-input.js';
import type { Key } from './keys/key-sequences.js';
import { isModifiable, keySequence, withModifiers } from './keys/key-sequences.js';
import type { Holds } from './keys/sticky-keys.js';
import { NO_HOLDS, isHeld, modifiersOf, pressed, released } from './keys/sticky-keys.js';
import type { Look, Size } from './view/terminal-view.js';
import { TerminalView } from './view/terminal-view.js';

/** What the page around a terminal shows. Replaced as a whole when something changes. */
export interface TerminalState {
  connection: ConnectionState;
  /** A connection broke, and none stands in its place yet. */
  broken: boolean;
  /** Undefined until the gateway has told. */
  run: RunUpdate | undefined;
  role: 'driver' | 'viewer' | undefined;
  /** Milliseconds to the gateway and back; undefined while not connected. */
  roundTripMs: number | undefined;
  /** Bytes of the session's output up to which this page has come. */
  position: number;
  /** Bytes of output at its beginning that this page could not have any more: it shows what a terminal shows that has seen them. */
  unseen: number;
  /** Bytes typed that no host has taken yet. */
  pendingInput: number;
  /** What the program sees. */
  size: Size;
  /** Somebody else's window decides the size. */
  foreignSize: boolean;
  /** What the program calls itself; plain text. */
  programTitle: string;
  /** The program rang while nobody looked. */
  wanted: boolean;
  holds: Holds;
}

export interface SessionTerminalOptions {
  sessionId: SessionId;
  api: BerthApi;
  place: HTMLElement;
  look: Look;
  wantsDrive: boolean;
  /** Names the session in a notification. */
  title: () => string;
  events: {
    openLink(address: string): void;
    longPress(): void;
    key(event: KeyboardEvent): boolean;
    /** Typing had no effect, and why: this viewer does not drive, or what was typed could not be kept. */
    refused(why: 'watching' | 'over' | 'dropped' | 'full'): void;
    /** Output is missing; one sentence. */
    gap(words: string): void;
  };
}

const sameSize = (a: Size, b: Size): boolean => a.cols === b.cols && a.rows === b.rows;

/** One session in the page: its bytes, its terminal, and what is known about both. Whoever makes it disposes of it. */
export class SessionTerminal {
  readonly view: TerminalView;
  private readonly attention: Attention;
  private readonly listeners = new Set<() => void>();
  private readonly ending = new AbortController();
  private current: TerminalState;
  /** The last screen was asked for while the host was away. */
  private previewing = false;
  private socket: ByteSocket;
  /** What the program sees, or saw when it wrote what comes now. */
  private programSize: Size;
  /** Where the output ended when this page was attached. */
  private head = 0;

  constructor(private readonly options: SessionTerminalOptions) {
    this.attention = new Attention({ title: options.title, onChange: (wanted) => this.change({ wanted }) });
    this.view = new TerminalView(
      options.place,
      {
        typed: (data) => this.type(data),
        refused: () => this.refuse(),
        fits: (size) => this.fits(size),
        title: (programTitle) => this.change({ programTitle }),
        bell: () => this.attention.ring(),
        openLink: (address) => options.events.openLink(address),
        longPress: () => options.events.longPress(),
        key: (event) => options.events.key(event),
      },
      options.look,
    );
    this.current = {
      connection: { phase: 'connecting' },
      broken: false,
      run: undefined,
      role: undefined,
      roundTripMs: undefined,
      position: 0,
      unseen: 0,
      pendingInput: 0,
      size: this.view.size,
      foreignSize: false,
      programTitle: '',
      wanted: false,
      holds: NO_HOLDS,
    };
    this.programSize = this.view.size;
    this.socket = this.open(options.wantsDrive);
    const retry = (): void => {
      if (document.visibilityState === 'visible') this.socket.open();
    };
    const { signal } = this.ending;
    window.addEventListener('online', retry, { signal });
    document.addEventListener('visibilitychange', retry, { signal });
    window.addEventListener('focus', () => this.takeSize(), { signal });
    const endHeld = takeHeldInput(
      options.place,
      () => isHeld(this.current.holds),
      (text) => this.view.press(text),
    );
    signal.addEventListener('abort', endHeld);
  }

  get state(): TerminalState {
    return this.current;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Connects anew where the last output came: after another tab took over, or to begin or stop to drive. */
  reconnect(wantsDrive: boolean): void {
    const before = this.socket;
    this.socket = this.open(wantsDrive, before.place);
    before.close();
  }

  /** A key of the key bar. */
  pressKey(key: Key, shift = false): void {
    const { holds } = this.current;
    this.view.press(keySequence(key, { ...modifiersOf(holds), shift }, this.view.applicationCursor));
    this.change({ holds: released(holds) });
  }

  hold(modifier: keyof Holds): void {
    this.change({ holds: pressed(this.current.holds, modifier) });
  }

  /** Gives the program this window's size, where another one's held. */
  takeSize(): void {
    if (this.current.foreignSize && this.current.role === 'driver') this.socket.resize(...sizeArguments(this.view.proposal()));
  }

  dispose(): void {
    this.ending.abort();
    this.attention.dispose();
    this.listeners.clear();
    this.socket.close();
    this.view.dispose();
  }

  private open(wantsDrive: boolean, after?: TerminalPlace): ByteSocket {
    const { api, sessionId } = this.options;
    const socket: ByteSocket = new ByteSocket({
      sessionId,
      clientId: clientId(),
      gateways: [location.origin],
      credential: ticketFor(api, sessionId),
      openSocket: browserSocket,
      wantsDrive,
      ...(after ? { after } : {}),
      ...this.view.proposal(),
      events: this.eventsOf(() => this.socket === socket),
    });
    // Its first report comes at once, and is only heard once it is the one in use.
    queueMicrotask(() => {
      if (!this.ending.signal.aborted) socket.open();
    });
    return socket;
  }

  /** What one connection reports; nothing once another has taken its place. */
  private eventsOf(inUse: () => boolean): ByteSocketEvents {
    const { view } = this;
    return {
      output: (offset, data, done) => {
        view.write(offset, data, done);
        if (inUse() && this.isOver) this.fits(view.proposal());
      },
      gap: (from, to, reason) => {
        const words = gapWords({ from, to, reason });
        if (reason === 'lost') view.nextProgram();
        view.skipped(words);
        this.options.events.gap(words);
      },
      screen: ({ from, offset, cols, rows, serialized }, done) => {
        if (inUse()) this.sizeOfProgram({ cols, rows });
        else view.setSize({ cols, rows });
        view.replaceWith(offset, serialized, done);
        // Nothing of it into the terminal, which is what it would be if it had seen everything.
        this.change({ unseen: offset });
        this.options.events.gap(screenWords({ from, to: offset }));
      },
      state: (run) => {
        if (!inUse()) return;
        if (this.current.run && run.epoch > this.current.run.epoch) view.nextProgram();
        const wasOver = this.isOver;
        this.change({ run });
        if (run.unreachable === true) void this.preview();
        if (this.isOver) this.fits(view.proposal());
        else if (wasOver) this.resized(this.programSize);
      },
      resized: (cols, rows) => inUse() && this.sizeOfProgram({ cols, rows }),
      attached: ({ role, head }) => {
        if (!inUse()) return;
        const drives = role === ROLE.driver;
        this.head = head;
        view.endPreview();
        this.change({ role: drives ? 'driver' : 'viewer' });
        view.setWritable(drives);
        view.newsFromHere(head, drives);
        // The page may have changed while nobody could be told.
        if (drives) this.socket.resize(...sizeArguments(view.proposal()));
      },
      connection: (connection) => {
        if (!inUse()) return;
        if (connection.phase === 'ended') view.setWritable(false);
        const { phase } = connection;
        const broken = phase === 'retrying' || (phase === 'connecting' && this.current.broken);
        this.change({ connection, broken, ...(phase === 'attached' ? {} : { roundTripMs: undefined }) });
        if (this.isOver) this.fits(view.proposal());
      },
      roundTrip: (roundTripMs) => inUse() && this.change({ roundTripMs }),
      rejected: (code) => this.options.events.refused(code === 'input_full' ? 'full' : 'dropped'),
    };
  }

  /** What a session showed last whose host is away: its output comes when the host is back. */
  private async preview(): Promise<void> {
    const { api, sessionId } = this.options;
    if (this.current.role !== undefined || this.previewing) return;
    this.previewing = true;
    const screen = await api.call('getSessionScreen', { params: { sessionId } }).catch(() => undefined);
    if (this.ending.signal.aborted || this.current.role !== undefined) return;
    // Asked again with the next word of the host's state.
    if (!screen) this.previewing = false;
    else this.view.preview(screen, new TextEncoder().encode(screen.serialized));
  }

  private type(data: string): void {
    const { holds } = this.current;
    const modified = isHeld(holds) && isModifiable(data);
    if (modified) this.change({ holds: released(holds) });
    this.attention.answered();
    this.takeSize();
    if (!this.socket.send(modified ? withModifiers(data, modifiersOf(holds)) : data)) this.options.events.refused('full');
    if (this.current.connection.phase !== 'attached' || this.current.run?.unreachable === true) this.change({});
  }

  private refuse(): void {
    this.options.events.refused(this.current.connection.phase === 'ended' ? 'over' : 'watching');
  }

  /** Nothing runs that could be told a size and all of it is here, or nothing of it is seen here any more. */
  private get isOver(): boolean {
    const { connection, run } = this.current;
    return connection.phase === 'ended' || (run?.state === 'closed' && this.socket.place.receivedUpTo >= this.head);
  }

  /** What comes now is for this size. */
  private sizeOfProgram(size: Size): void {
    this.programSize = size;
    this.resized(this.isOver ? this.view.proposal() : size);
  }

  private fits(size: Size): void {
    const { connection, role } = this.current;
    if (this.isOver) this.resized(size);
    else if (connection.phase === 'attached' && role === 'driver') this.socket.resize(size.cols, size.rows);
    else this.resized(this.current.size);
  }

  private resized(size: Size): void {
    const proposal = this.view.proposal();
    this.view.setSize(size);
    this.change({ size, foreignSize: !sameSize(size, proposal) });
  }

  private change(changed: Partial<TerminalState>): void {
    const { parsedUpTo: position, pendingInput } = this.socket;
    this.current = { ...this.current, ...changed, position, pendingInput };
    for (const listener of this.listeners) listener();
  }
}

const sizeArguments = ({ cols, rows }: Size): [number, number] => [cols, rows];
