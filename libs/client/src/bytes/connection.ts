import type { ClientFrame, ServerFrame } from '@berth/protocol';
import { decodeServerFrame, encodeClientFrame } from '@berth/protocol';
import type { Clock } from '../clock.js';
import type { OpenSocket, SocketLike, SocketRequest } from './socket-like.js';

/** Close code that a platform reports when a connection broke without a goodbye. */
export const BROKEN_CODE = 1006;
const NORMAL_CODE = 1000;
/** A WebSocket that is open, in every implementation. */
const OPEN = 1;

/** A phone's network that wakes up needs some seconds; longer, and another gateway is the better try. */
const OPEN_TIMEOUT_MS = 10_000;
const PING_MS = 5_000;
/** Three pings without any answer: the other side is gone. Noticed within `SILENCE_MS + PING_MS`, 20 s. */
const SILENCE_MS = 15_000;
/** An answer that is asked for because the network may have changed comes at once or not at all. */
const PROBE_MS = 3_000;

export interface ConnectionEvents {
  opened(): void;
  frame(frame: ServerFrame): void;
  roundTrip(ms: number): void;
  /** Called once; nothing follows. */
  closed(code: number, reason: string): void;
}

/** One WebSocket of a byte socket's life: decodes, answers pings, notices silence. */
export class Connection {
  private readonly socket: SocketLike;
  private readonly cancels: (() => void)[] = [];
  private readonly pings = new Map<number, number>();
  private cancelProbe: (() => void) | undefined;
  /** Nothing has come since the last probe. */
  private quiet = false;
  private lastToken = 0;
  private lastHeard: number;
  private done = false;

  constructor(
    openSocket: OpenSocket,
    request: SocketRequest,
    private readonly clock: Clock,
    private readonly events: ConnectionEvents,
  ) {
    this.lastHeard = clock.now();
    this.socket = openSocket(request);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = (event: { data: unknown }) => this.received(event.data);
    this.socket.onclose = (event: { code: number; reason: string }) => this.end(event.code, event.reason);
    // The close event that follows says all there is to know; `ws` ends the process when nobody listens.
    this.socket.onerror = () => undefined;
    const cancelTimeout = clock.after(OPEN_TIMEOUT_MS, () => {
      if (this.socket.readyState !== OPEN) this.abandon();
    });
    this.cancels.push(cancelTimeout);
  }

  send(frame: ClientFrame): void {
    if (!this.done && this.socket.readyState === OPEN) this.socket.send(encodeClientFrame(frame));
  }

  /** Measures a round trip now. */
  ping(): void {
    const token = ++this.lastToken;
    this.pings.set(token, this.clock.now());
    this.send({ type: 'ping', token });
  }

  /** Asks whether the other side is still there; without an answer the connection is given up. */
  probe(): void {
    if (this.done || this.socket.readyState !== OPEN) return;
    this.quiet = true;
    this.ping();
    this.cancelProbe?.();
    this.cancelProbe = this.clock.after(PROBE_MS, () => {
      if (this.quiet) this.abandon();
    });
  }

  /** Says goodbye. `closed` is reported at once. */
  close(): void {
    if (this.done) return;
    this.socket.close(NORMAL_CODE);
    this.end(NORMAL_CODE, '');
  }

  /** Gives the connection up as if it had broken. */
  abandon(): void {
    if (this.done) return;
    this.socket.close();
    this.end(BROKEN_CODE, '');
  }

  private opened(): void {
    if (this.done) return;
    this.heard();
    this.events.opened();
    this.beat();
  }

  private received(data: unknown): void {
    if (this.done) return;
    this.heard();
    const frame = decode(data);
    if (!frame) return this.abandon();
    if (frame.type === 'ping') return this.send({ type: 'pong', token: frame.token });
    if (frame.type === 'pong') return this.ponged(frame.token);
    this.events.frame(frame);
  }

  private ponged(token: number): void {
    const sent = this.pings.get(token);
    if (sent === undefined) return;
    this.pings.delete(token);
    this.events.roundTrip(this.clock.now() - sent);
  }

  private heard(): void {
    this.lastHeard = this.clock.now();
    this.quiet = false;
  }

  private beat(): void {
    if (this.done) return;
    if (this.clock.now() - this.lastHeard >= SILENCE_MS) return this.abandon();
    this.pings.clear();
    this.ping();
    this.cancels.push(this.clock.after(PING_MS, () => this.beat()));
    if (this.cancels.length > 2) this.cancels.shift();
  }

  private end(code: number, reason: string): void {
    if (this.done) return;
    this.done = true;
    for (const cancel of this.cancels) cancel();
    this.cancelProbe?.();
    this.events.closed(code, reason);
  }
}

/** Undefined: not a frame that this version knows, so the connection cannot be trusted to be in step. */
function decode(data: unknown): ServerFrame | undefined {
  if (!(data instanceof ArrayBuffer)) return undefined;
  try {
    return decodeServerFrame(new Uint8Array(data));
  } catch {
    return undefined;
  }
}
