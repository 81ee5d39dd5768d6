import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { FrameError, LINK_FRAME, MAX_LINK_FRAME } from '@berth/protocol';
import { readNumber } from './frame-body.js';
import { numberFrame } from './frame-codec.js';
import type { LinkFrame } from './frame-parser.js';
import { FrameParser } from './frame-parser.js';
import { Heartbeat, PING_MS } from './heartbeat.js';
import { Outbox } from './outbox.js';

/** Largest frame of somebody who has not introduced himself. */
const STRANGER_MAX_FRAME = 4 * 1024;
/** A peer that does not take the last bytes by then is cut off. */
const END_TIMEOUT_MS = 1_000;
const NOTHING = Buffer.alloc(0);

export interface LinkSocketEvents {
  frame(frame: LinkFrame): void;
  /** The peer reads again after {@link LinkSocket.congested}. */
  drained(): void;
  /** Called once. `reason` is for a log line. */
  closed(reason: string): void;
}

/** Frames over one TCP or TLS connection: one write a turn, pings, and an end that is reported exactly once. */
export class LinkSocket {
  private readonly parser = new FrameParser(STRANGER_MAX_FRAME);
  private readonly outbox: Outbox;
  private readonly pings: NodeJS.Timeout;
  private readonly heartbeat = new Heartbeat();
  private ended: string | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly events: LinkSocketEvents,
  ) {
    this.outbox = new Outbox({
      write: (bytes, done) => write(socket, bytes, done),
      drained: () => {
        if (!socket.destroyed) events.drained();
      },
      overflow: () => this.destroy('the peer does not read'),
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PING_MS);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => {
      this.ended ??= error.message;
    });
    socket.on('close', () => {
      clearInterval(this.pings);
      events.closed(this.ended ?? 'the peer closed the connection');
    });
    this.pings = setInterval(() => this.checkAlive(), PING_MS);
  }

  /** The peer does not read as fast as we send: what can wait should. */
  get congested(): boolean {
    return this.outbox.congested;
  }

  /** Bytes that the kernel has not taken. */
  get buffered(): number {
    return this.outbox.size;
  }

  /** The peer has introduced itself: frames may have their full size from here on. */
  trust(): void {
    this.parser.maxFrame = MAX_LINK_FRAME;
  }

  send(frame: Buffer): void {
    if (this.writable) this.outbox.send(frame);
  }

  sendOutput(channel: number, offset: number, bytes: Uint8Array): void {
    if (this.writable) this.outbox.sendOutput(channel, offset, bytes);
  }

  /** Calls back when the next bytes leave, or after some milliseconds: what `send` sends then costs no write of its own. */
  along(send: () => void): void {
    if (this.writable) this.outbox.along(send);
  }

  /** Sends what is queued, then ends the connection. */
  end(reason: string): void {
    if (!this.writable) return;
    this.outbox.flushAll();
    this.ended = reason;
    const cutOff = setTimeout(() => this.socket.destroy(), END_TIMEOUT_MS);
    this.socket.once('close', () => clearTimeout(cutOff));
    this.socket.end();
  }

  /** Ends the connection at once. */
  destroy(reason: string): void {
    this.ended ??= reason;
    this.socket.destroy();
  }

  /** Bytes from the peer; called by whoever reads the socket in its stead. */
  receive(chunk: Buffer): void {
    this.heartbeat.heard();
    try {
      this.parser.push(chunk, (frame) => {
        if (this.writable) this.dispatch(frame);
      });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.destroy(error.message);
    }
  }

  private get writable(): boolean {
    return this.ended === undefined && !this.socket.destroyed;
  }

  private dispatch(frame: LinkFrame): void {
    if (frame.type === LINK_FRAME.ping) this.send(numberFrame(LINK_FRAME.pong, 0, readNumber(frame.body)));
    else if (frame.type !== LINK_FRAME.pong) this.events.frame(frame);
  }

  private checkAlive(): void {
    if (this.heartbeat.beat() === 'silent') this.destroy('the peer is silent');
    else this.send(numberFrame(LINK_FRAME.ping, 0, 0));
  }
}

/** Writes, and says when the bytes may be overwritten. */
function write(socket: Socket, bytes: Buffer, done: () => void): void {
  const taken = (error?: Error | null): void => {
    if (!error) done();
  };
  if (socket instanceof TLSSocket) {
    socket.write(bytes, taken);
    return;
  }
  socket.write(bytes);
  // Mostly the kernel takes everything at once, and a callback would cost a tick for each write. Else nothing is written behind it, with one.
  if (socket.writableLength === 0) done();
  else socket.write(NOTHING, taken);
}
