import type { Socket } from 'node:net';
import { FrameError, LINK_FRAME } from '@berth/protocol';
import { readNumber } from './frame-body.js';
import type { LinkFrame } from './frame-codec.js';
import { FrameParser, numberFrame } from './frame-codec.js';

const PING_MS = 5_000;
/** Three pings: a peer that vanished without a word is noticed in well under 20 s. */
const SILENCE_MS = 15_000;
/** More than this unsent means that the peer does not read: producers wait for `drained`. */
const CONGESTED_BYTES = 1024 * 1024;

export interface LinkSocketEvents {
  frame(frame: LinkFrame): void;
  /** The peer reads again after {@link LinkSocket.congested}. */
  drained(): void;
  /** Called once. `reason` is for a log line. */
  closed(reason: string): void;
}

/** Frames over one TCP or TLS connection: one write a turn, pings, and an end that is reported exactly once. */
export class LinkSocket {
  private readonly parser = new FrameParser();
  private readonly pings: NodeJS.Timeout;
  private heardAt = performance.now();
  private corked = false;
  private ended: string | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly events: LinkSocketEvents,
  ) {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, PING_MS);
    socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    socket.on('drain', () => {
      events.drained();
    });
    socket.on('error', (error) => {
      this.ended ??= error.message;
    });
    socket.on('close', () => {
      clearInterval(this.pings);
      events.closed(this.ended ?? 'the peer closed the connection');
    });
    this.pings = setInterval(() => {
      this.checkAlive();
    }, PING_MS);
  }

  get congested(): boolean {
    return this.socket.writableLength > CONGESTED_BYTES;
  }

  send(frame: Buffer): void {
    if (this.socket.destroyed) return;
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      // Everything that this turn produces leaves in one system call.
      process.nextTick(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(frame);
  }

  /** Sends what is queued, then ends the connection. */
  end(reason: string): void {
    this.ended ??= reason;
    this.socket.end();
    this.socket.destroySoon();
  }

  /** Ends the connection at once. */
  destroy(reason: string): void {
    this.ended ??= reason;
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.heardAt = performance.now();
    try {
      this.parser.push(chunk, (frame) => {
        if (!this.socket.destroyed) this.dispatch(frame);
      });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.destroy(error.message);
    }
  }

  private dispatch(frame: LinkFrame): void {
    if (frame.type === LINK_FRAME.ping) this.send(numberFrame(LINK_FRAME.pong, 0, readNumber(frame.body)));
    else if (frame.type !== LINK_FRAME.pong) this.events.frame(frame);
  }

  private checkAlive(): void {
    if (performance.now() - this.heardAt > SILENCE_MS) this.destroy('the peer is silent');
    else this.send(numberFrame(LINK_FRAME.ping, 0, 0));
  }
}
