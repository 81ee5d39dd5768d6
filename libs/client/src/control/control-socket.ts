import type { ControlEvent, ControlEvents, SessionId } from '@berth/protocol';
import { CONTROL_EVENTS, ControlAnswer, ERRORS } from '@berth/protocol';
import { retryDelay } from '../bytes/retry.js';
import type { Clock } from '../clock.js';
import { platformClock } from '../clock.js';
import { ApiError } from '../rest/api-error.js';
import type { ControlConnection, OpenControlConnection } from './control-connection.js';
import { openSocketIo } from './control-connection.js';

/** `offline`: waits for the next try, or for {@link ControlSocket.open} when nobody is signed in any more. */
export type ControlStatus = 'connecting' | 'connected' | 'offline';

export interface ControlSocketOptions {
  /** A gateway, `https://…`; the page's own origin in a browser. */
  baseUrl: string;
  /** A fresh one-use ticket, asked for before each connection. An {@link ApiError} says whether trying again helps. */
  ticket: () => Promise<string>;
  openConnection?: OpenControlConnection;
  clock?: Clock;
  random?: () => number;
}

/** A phone's network that wakes up needs some seconds; longer, and another try is better. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A gateway that could not look a session up may be able to a little later. */
const WATCH_AGAIN_MS = 2_000;

/**
 * What happens in a tenant, as it happens, over any number of connections. It is the bell, not the truth: what was said while there was
 * no connection is not said again, so read again what is shown whenever the status becomes `connected`. Connects by itself.
 */
export class ControlSocket {
  private readonly clock: Clock;
  private readonly listeners = new Map<string, Set<(payload: never) => void>>();
  private readonly statusListeners = new Set<(status: ControlStatus) => void>();
  private readonly watched = new Map<SessionId, number>();
  private connection: ControlConnection | undefined;
  private current: ControlStatus = 'connecting';
  private failures = 0;
  private opening = false;
  private closed = false;
  private cancelTimer: (() => void) | undefined;

  constructor(private readonly options: ControlSocketOptions) {
    this.clock = options.clock ?? platformClock;
    void this.connect();
  }

  get status(): ControlStatus {
    return this.current;
  }

  /** Hears one kind of event; the returned function ends it. */
  on<E extends ControlEvent>(event: E, listener: ControlEvents[E]): () => void {
    return add(this.listeners, event, listener);
  }

  /** Hears where the connection stands, whenever that changes; the returned function ends it. */
  onStatus(listener: (status: ControlStatus) => void): () => void {
    this.statusListeners.add(listener);
    return () => void this.statusListeners.delete(listener);
  }

  /** Asks for `session.presence` of a session, at once and on each change, over reconnects; the returned function ends it. */
  watch(sessionId: SessionId): () => void {
    this.watched.set(sessionId, (this.watched.get(sessionId) ?? 0) + 1);
    // Also when it is watched already: the newcomer needs to hear who is there.
    if (this.current === 'connected') this.askToWatch(sessionId);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.unwatch(sessionId);
    };
  }

  /** Connects now, without waiting for the next try. Call it when the network or the sign-in may have changed. */
  open(): void {
    if (this.closed || this.opening || this.connection) return;
    void this.connect();
  }

  /** Ends it for good. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.cancelTimer?.();
    this.connection?.close();
    this.connection = undefined;
    this.report('offline');
  }

  private async connect(): Promise<void> {
    this.opening = true;
    this.cancelTimer?.();
    this.report('connecting');
    try {
      const ticket = await this.options.ticket();
      if (!this.closed) this.start(ticket);
    } catch (error) {
      this.failed(error instanceof ApiError && !error.retry);
    } finally {
      this.opening = false;
    }
  }

  private start(ticket: string): void {
    const { baseUrl, openConnection = openSocketIo } = this.options;
    const current = (call: () => void) => () => {
      if (this.connection === connection) call();
    };
    const connection = openConnection(
      { baseUrl, ticket },
      {
        connected: current(() => this.connected()),
        event: (name, payload) => current(() => this.receive(name, payload))(),
        closed: current(() => this.failed(false)),
      },
    );
    this.connection = connection;
    this.cancelTimer = this.clock.after(
      CONNECT_TIMEOUT_MS,
      current(() => {
        connection.close();
        this.failed(false);
      }),
    );
  }

  private connected(): void {
    this.cancelTimer?.();
    this.failures = 0;
    for (const sessionId of this.watched.keys()) this.askToWatch(sessionId);
    this.report('connected');
  }

  private failed(forGood: boolean): void {
    this.connection = undefined;
    this.cancelTimer?.();
    if (this.closed) return;
    this.report('offline');
    if (forGood) return;
    this.failures += 1;
    this.cancelTimer = this.clock.after(retryDelay(this.failures, this.options.random ?? Math.random), () => this.open());
  }

  /** Other versions may say more, and say it differently: what cannot be read is left out. */
  private receive(name: string, payload: unknown): void {
    if (!Object.hasOwn(CONTROL_EVENTS, name)) return;
    const parsed = CONTROL_EVENTS[name as ControlEvent].safeParse(payload);
    if (!parsed.success) return;
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(parsed.data as never);
  }

  private askToWatch(sessionId: SessionId): void {
    const { connection } = this;
    connection?.call('session.watch', { sessionId }, (answer) => {
      const { data } = ControlAnswer.safeParse(answer);
      if (!data || data.ok || !ERRORS[data.problem.code].retry) return;
      this.clock.after(WATCH_AGAIN_MS, () => {
        if (this.connection === connection && this.watched.has(sessionId)) this.askToWatch(sessionId);
      });
    });
  }

  private unwatch(sessionId: SessionId): void {
    const others = (this.watched.get(sessionId) ?? 0) - 1;
    if (others > 0) return void this.watched.set(sessionId, others);
    this.watched.delete(sessionId);
    if (this.current === 'connected') this.connection?.call('session.unwatch', { sessionId }, () => undefined);
  }

  private report(status: ControlStatus): void {
    if (status === this.current) return;
    this.current = status;
    for (const listener of [...this.statusListeners]) listener(status);
  }
}

function add<L>(listeners: Map<string, Set<L>>, event: string, listener: L): () => void {
  const mine = listeners.get(event) ?? new Set<L>();
  listeners.set(event, mine);
  mine.add(listener);
  return () => void mine.delete(listener);
}
