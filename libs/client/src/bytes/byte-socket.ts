import type { ErrorCode, ServerFrame } from '@berth/protocol';
import { ACK_STEP, BYTES_SUBPROTOCOL, ERRORS, ROLE, TICKET_SUBPROTOCOL_PREFIX, utf8 } from '@berth/protocol';
import type { Clock } from '../clock.js';
import { platformClock } from '../clock.js';
import { ApiError } from '../rest/api-error.js';
import type { ByteSocketEvents, ConnectionState } from './byte-socket-events.js';
import { BROKEN_CODE, Connection } from './connection.js';
import { InputQueue } from './input-queue.js';
import { OutputPosition } from './output-position.js';
import { UNAUTHENTICATED_CODE, isRetried, retryDelay } from './retry.js';
import type { OpenSocket } from './socket-like.js';
import type { Size } from './terminal-sizes.js';
import { TerminalSizes } from './terminal-sizes.js';

/** What opens one connection: a ticket anywhere, an access token where headers can be sent. */
export type Credential = { ticket: string } | { accessToken: string };

export interface ByteSocketOptions {
  sessionId: string;
  /** Names this tab or terminal; a newer connection of the same name takes over. */
  clientId: string;
  /** Gateways (`https://…`), tried in turn: the next one after each failure. */
  gateways: readonly string[];
  /** Called for every connection. `renew`: the credential before was refused. Throw an {@link ApiError} to say whether trying again helps. */
  credential: (renew: boolean) => Promise<Credential>;
  openSocket: OpenSocket;
  cols: number;
  rows: number;
  wantsDrive: boolean;
  /** First offset wanted; 0 = from the beginning. */
  from?: number;
  /** Where the socket was whose place this one takes at the same terminal: it goes on there. */
  after?: TerminalPlace;
  events: ByteSocketEvents;
  clock?: Clock;
  random?: () => number;
}

/** Where a terminal stands in the output. */
export interface TerminalPlace {
  /** Offset up to which output has been handed out, parsed or not. */
  receivedUpTo: number;
  sizes: TerminalSizes;
  /** Nothing has been written into the terminal. */
  fresh: boolean;
}

type Gap = Extract<ServerFrame, { type: 'gap' }>;

/** A terminal's bytes over any number of connections: output once and in order, input at most once and in order. */
export class ByteSocket {
  private readonly position: OutputPosition;
  private readonly input = new InputQueue();
  private readonly clock: Clock;
  private size: Size;
  /** What the program has, once it has told since the last request: another viewer may have asked for another size. */
  private programSize: Size | undefined;
  private readonly sizes: TerminalSizes;
  private fresh: boolean;
  /** Where the output ended when this connection was attached: what it tells of sizes before is history. */
  private head = 0;
  private connection: Connection | undefined;
  private attached = false;
  private driver = false;
  private acknowledged = 0;
  /** Offset up to which this connection has brought or skipped output: nothing beyond is acknowledged on it. */
  private reached = 0;
  /** A gap that a screen may stand for; it comes next or not at all. Who is cut off in between comes back to before it. */
  private heldGap: Gap | undefined;
  private failures = 0;
  private gateway = 0;
  private refused = false;
  private ended = false;
  private opening = false;
  private cancelRetry: (() => void) | undefined;

  constructor(private readonly options: ByteSocketOptions) {
    const { after } = options;
    this.position = new OutputPosition(after?.receivedUpTo ?? options.from ?? 0);
    this.sizes = after?.sizes ?? new TerminalSizes();
    this.fresh = after?.fresh ?? true;
    this.clock = options.clock ?? platformClock;
    this.size = { cols: options.cols, rows: options.rows };
  }

  /** Offset up to which the terminal has parsed. */
  get parsedUpTo(): number {
    return this.position.parsedUpTo;
  }

  /** Where its terminal stands, for a socket that takes this one's place. */
  get place(): TerminalPlace {
    return { receivedUpTo: this.position.received, sizes: this.sizes, fresh: this.fresh };
  }

  /** Bytes typed that the host has not acknowledged. */
  get pendingInput(): number {
    return this.input.pending;
  }

  /** Connects now, without waiting for the next try; finds out whether a connection that stands still works. Call it when the network may have changed. */
  open(): void {
    this.connection?.probe();
    if (this.ended || this.opening || this.connection) return;
    this.cancelRetry?.();
    void this.connect();
  }

  /** Types. False: not taken, because this viewer may not type or too much is waiting. */
  send(data: Uint8Array | string): boolean {
    if (this.ended || (this.attached && !this.driver)) return false;
    if (!this.input.push(typeof data === 'string' ? utf8(data) : data)) return false;
    this.flush();
    return true;
  }

  /** Asks for another terminal size; takes effect when this viewer drives. */
  resize(cols: number, rows: number): void {
    const has = (size: Size | undefined): boolean => !size || (size.cols === cols && size.rows === rows);
    if (has(this.size) && has(this.programSize)) return;
    this.size = { cols, rows };
    this.programSize = undefined;
    if (this.attached) this.connection?.send({ type: 'resize', cols, rows });
  }

  /** Detaches for good; the session goes on. */
  close(): void {
    if (this.connection) this.connection.close();
    else this.end(1000);
  }

  private async connect(): Promise<void> {
    this.opening = true;
    this.report({ phase: 'connecting' });
    try {
      const credential = await this.options.credential(this.refused);
      if (!this.ended) this.start(credential);
    } catch (error) {
      this.failed(error);
    } finally {
      this.opening = false;
    }
  }

  private start(credential: Credential): void {
    const gateway = this.options.gateways[this.gateway % this.options.gateways.length] ?? '';
    const url = new URL(`/v1/sessions/${encodeURIComponent(this.options.sessionId)}/bytes`, gateway);
    url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
    const ticket = 'ticket' in credential ? [`${TICKET_SUBPROTOCOL_PREFIX}${credential.ticket}`] : [];
    const headers = 'accessToken' in credential ? { authorization: `Bearer ${credential.accessToken}` } : {};
    const request = { url: url.href, protocols: [BYTES_SUBPROTOCOL, ...ticket], headers: headers as Record<string, string> };
    this.connection = new Connection(this.options.openSocket, request, this.clock, {
      opened: () => this.attach(),
      frame: (frame) => this.receive(frame),
      roundTrip: (ms) => {
        this.releaseGap();
        this.options.events.roundTrip(ms);
      },
      closed: (code) => this.closed(code),
    });
  }

  private attach(): void {
    this.report({ phase: 'attaching' });
    const { clientId, wantsDrive } = this.options;
    this.reached = this.position.parsedUpTo;
    this.acknowledged = this.reached;
    this.sizes.resume();
    this.connection?.send({ type: 'attach', haveUpTo: this.reached, ...this.size, wantsDrive, clientId });
  }

  private receive(frame: ServerFrame): void {
    const { events } = this.options;
    if (frame.type !== 'screen') this.releaseGap();
    switch (frame.type) {
      case 'attached':
        return this.onAttached(frame);
      case 'output':
        return this.onOutput(frame.offset, frame.data);
      case 'gap':
        if (frame.reason !== 'pruned') return this.onGap(frame);
        this.heldGap = frame;
        return undefined;
      case 'screen':
        return this.onScreen(frame);
      case 'inputAck':
        this.input.acknowledged(frame.lastApplied);
        return this.flush();
      case 'reject':
        this.input.rejected(frame.inputSeq);
        events.rejected(frame.code);
        return this.flush();
      case 'resize':
        return this.onResized(frame);
      case 'state':
        if (this.attached) this.input.restarted(frame.state.epoch);
        return events.state(frame.state);
      case 'ping':
      case 'pong':
        // The connection has answered them.
        return undefined;
    }
  }

  private onAttached(frame: Extract<ServerFrame, { type: 'attached' }>): void {
    const { events } = this.options;
    this.attached = true;
    this.failures = 0;
    this.refused = false;
    this.driver = frame.role === ROLE.driver;
    this.input.attached(frame.epoch, frame.lastInputSeq);
    if (!this.driver) this.input.clear();
    this.report({ phase: 'attached' });
    events.attached({ role: frame.role, epoch: frame.epoch, head: frame.head });
    this.onPresentSize(frame);
    this.flush();
  }

  /** A terminal that shows something is told its sizes in their place among what comes: there is more to come between its size and the present one. */
  private onPresentSize({ cols, rows, head }: Size & { head: number }): void {
    this.head = head;
    this.programSize = { cols, rows };
    if (!this.fresh) return;
    this.sizes.begin({ cols, rows });
    this.options.events.resized(cols, rows);
  }

  /** The size from here on; where the terminal is further it has had it. */
  private onResized({ cols, rows }: Size): void {
    if (this.reached >= this.head) this.programSize = { cols, rows };
    if (this.reached === this.position.received && this.sizes.isNew({ cols, rows })) this.options.events.resized(cols, rows);
  }

  /** The terminal gets more than it has. */
  private goOn(): void {
    this.fresh = false;
    const size = this.sizes.advance();
    if (size) this.options.events.resized(size.cols, size.rows);
  }

  private onOutput(offset: number, data: Uint8Array): void {
    const fresh = this.position.fresh(offset, data);
    if (fresh.kind === 'hole') return this.connection?.abandon();
    this.reached = offset + data.length;
    if (fresh.kind === 'known') return this.acknowledge();
    this.goOn();
    const parsed = this.position.take(fresh.data.length);
    this.options.events.output(fresh.offset, fresh.data, () => {
      parsed();
      this.acknowledge();
    });
  }

  /** No screen stands for it. */
  private releaseGap(): void {
    const gap = this.heldGap;
    this.heldGap = undefined;
    if (gap) this.onGap(gap);
  }

  /** Reported only where it skips something. */
  private onGap({ from, to, reason }: Gap): void {
    const skipped = this.position.skip(from, to);
    if (skipped === 'hole') return this.connection?.abandon();
    this.reached = to;
    if (skipped) this.goOn();
    if (skipped) this.options.events.gap(from, to, reason);
    this.acknowledge();
  }

  /** What it stands for counts as parsed when it is. One that stands for nothing new is left out: the terminal is further. */
  private onScreen({ offset, cols, rows, serialized }: Extract<ServerFrame, { type: 'screen' }>): void {
    const from = this.position.received;
    const gap = this.heldGap;
    this.heldGap = undefined;
    if (gap && gap.from > from) return this.connection?.abandon();
    this.reached = offset;
    if (offset <= from) return this.acknowledge();
    this.fresh = false;
    this.sizes.begin({ cols, rows });
    const parsed = this.position.take(offset - from);
    this.options.events.screen({ from, offset, cols, rows, serialized }, () => {
      parsed();
      this.acknowledge();
    });
  }

  private acknowledge(): void {
    const parsedUpTo = Math.min(this.position.parsedUpTo, this.reached);
    if (!this.attached || parsedUpTo - this.acknowledged < ACK_STEP) return;
    this.acknowledged = parsedUpTo;
    this.connection?.send({ type: 'ack', parsedUpTo });
  }

  private flush(): void {
    if (!this.attached || !this.driver) return;
    for (const { inputSeq, data } of this.input.take()) this.connection?.send({ type: 'input', inputSeq, data });
  }

  private failed(error: unknown): void {
    if (this.ended) return;
    if (error instanceof ApiError && !error.retry) return this.end(ERRORS[error.code].ws ?? UNAUTHENTICATED_CODE, error.code);
    this.retry(BROKEN_CODE);
  }

  private closed(code: number): void {
    const fresh = this.refused;
    this.heldGap = undefined;
    this.connection = undefined;
    this.attached = false;
    this.refused = code === UNAUTHENTICATED_CODE;
    if (isRetried(code, fresh)) this.retry(code);
    else this.end(code, errorOf(code));
  }

  private retry(code: number): void {
    this.failures += 1;
    this.gateway += 1;
    const inMs = retryDelay(this.failures, this.options.random ?? Math.random);
    this.report({ phase: 'retrying', inMs, code });
    this.cancelRetry = this.clock.after(inMs, () => this.open());
  }

  private end(code: number, error?: ErrorCode): void {
    if (this.ended) return;
    this.ended = true;
    this.cancelRetry?.();
    this.input.clear();
    this.report({ phase: 'ended', code, ...(error === undefined ? {} : { error }) });
  }

  private report(state: ConnectionState): void {
    this.options.events.connection(state);
  }
}

function errorOf(code: number): ErrorCode | undefined {
  for (const [error, row] of Object.entries(ERRORS)) if (row.ws === code) return error as ErrorCode;
  return undefined;
}
