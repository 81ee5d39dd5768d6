import type { ClientFrame, ErrorCode } from '@berth/protocol';
import { ERRORS, FrameError, decodeClientFrame } from '@berth/protocol';
import type { Clock } from '@berth/session';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE_MS, MAX_BUFFERED } from './limits.js';
import { MessageRate } from './message-rate.js';

/** Why a socket is not being read at the moment. */
type Hold = 'start' | 'rate' | 'input';

const NORMAL_CODE = 1000;
/** A WebSocket ping, whole: final, unmasked, empty. */
const PING = Buffer.from([0x89, 0]);
/** One that holds a number of four bytes: an answer to an earlier ping, which was under way already, proves nothing. */
const PROOF = Buffer.from([0x89, 4, 0, 0, 0, 0]);
/** What hangs on it runs at the end of the turn, and costs less than a tick. */
const END_OF_TURN = Promise.resolve();

/** Gateway side of one client's WebSocket: decodes, holds back, notices silence, closes with the codes of the error table. */
export class ViewerSocket {
  private readonly rate: MessageRate;
  private readonly holds = new Set<Hold>(['start']);
  private readonly proofs = new Map<number, () => void>();
  private lastProof = 0;
  private deliver: ((frame: ClientFrame) => void) | undefined;
  private heard = true;
  private closing = false;
  private cancelRelease: (() => void) | undefined;
  private cancelCut: (() => void) | undefined;
  private corked = false;
  private readonly uncork = (): void => {
    this.corked = false;
    this.socket.uncork();
  };
  private readonly websocket: WebSocket;
  private readonly socket: Duplex;

  /**
   * Nothing is read before {@link start}. `socket` is what the WebSocket writes to. `onClosed` is called once; `lost`: without a goodbye, so
   * the client may be back in a moment.
   */
  constructor(
    { websocket, socket }: { websocket: WebSocket; socket: Duplex },
    private readonly clock: Clock,
    private readonly onClosed: (lost: boolean) => void,
  ) {
    this.websocket = websocket;
    this.socket = socket;
    this.rate = new MessageRate(clock.now());
    websocket.pause();
    websocket.on('message', (data, isBinary) => this.received(data as Buffer, isBinary));
    websocket.on('ping', () => this.count());
    websocket.on('pong', (data) => this.ponged(data));
    websocket.on('close', (code) => this.ended(code));
    // Broken frames and connections: `close` follows with the code.
    websocket.on('error', () => undefined);
  }

  /** Frames are delivered from now on. */
  start(deliver: (frame: ClientFrame) => void): void {
    this.deliver = deliver;
    this.release('start');
  }

  /** Bytes that wait for the client's network. */
  get buffered(): number {
    return this.websocket.bufferedAmount;
  }

  get open(): boolean {
    return !this.closing && this.websocket.readyState === this.websocket.OPEN;
  }

  /** Sends a whole message, header included, which is not to be written into any more. All that a turn sends leaves in one system call. */
  send(message: Buffer): void {
    if (!this.open) return;
    this.cork();
    this.socket.write(message);
    if (this.websocket.bufferedAmount > MAX_BUFFERED) this.close('too_slow');
  }

  /** Closes after what is queued; nothing that still comes is heard. */
  close(code: ErrorCode | 'done'): void {
    if (this.closing) return;
    this.closing = true;
    this.websocket.close(code === 'done' ? NORMAL_CODE : (ERRORS[code].ws ?? ERRORS.internal.ws), code);
    // The answer to a close frame has to be read.
    this.holds.clear();
    this.websocket.resume();
    this.cancelCut = this.clock.after(CLOSE_MS, () => this.websocket.terminate());
  }

  /** Stops reading from the client, or goes on. */
  hold(reason: Hold): void {
    if (!this.open) return;
    this.holds.add(reason);
    this.websocket.pause();
  }

  release(reason: Hold): void {
    if (!this.holds.delete(reason) || this.holds.size > 0 || !this.open) return;
    this.websocket.resume();
  }

  /** Calls back when the client has shown that it is there, from now on; at once while its socket is not read, because then it cannot. */
  proveAlive(call: () => void): void {
    if (this.holds.size > 0) return call();
    this.lastProof += 1;
    this.proofs.set(this.lastProof, call);
    const ping = Buffer.from(PROOF);
    ping.writeUInt32BE(this.lastProof, PING.length);
    if (this.open) this.socket.write(ping);
  }

  /** Called every {@link BEAT_MS}: a client that was silent since the last time is gone. */
  beat(): void {
    if (this.closing || this.holds.size > 0) return;
    if (!this.heard) return this.websocket.terminate();
    this.heard = false;
    if (this.open) this.socket.write(PING);
  }

  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.socket.cork();
    void END_OF_TURN.then(this.uncork);
  }

  private received(data: Buffer, isBinary: boolean): void {
    this.heard = true;
    if (this.closing) return;
    if (!isBinary) return this.close('unsupported_media_type');
    this.count();
    const frame = decode(data);
    if (!frame) return this.close('invalid_request');
    if (!this.closing) this.deliver?.(frame);
  }

  private ponged(data: Buffer): void {
    this.heard = true;
    if (data.length !== PROOF.length - PING.length) return;
    const number = data.readUInt32BE();
    const proof = this.proofs.get(number);
    this.proofs.delete(number);
    if (this.open) proof?.();
  }

  private count(): void {
    const verdict = this.rate.take(this.clock.now());
    if (verdict.kind === 'close') return this.close('rate_limited');
    if (verdict.kind !== 'pause') return;
    this.hold('rate');
    this.cancelRelease?.();
    this.cancelRelease = this.clock.after(verdict.ms, () => this.release('rate'));
  }

  private ended(code: number): void {
    this.cancelRelease?.();
    this.cancelCut?.();
    this.proofs.clear();
    const byClient = code === NORMAL_CODE || code === 1001 || code === 1005;
    const lost = !this.closing && !byClient;
    this.closing = true;
    this.onClosed(lost);
  }
}

function decode(data: Uint8Array): ClientFrame | undefined {
  try {
    return decodeClientFrame(data);
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}
