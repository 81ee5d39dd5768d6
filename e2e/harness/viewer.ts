import { setTimeout as sleep } from 'node:timers/promises';
import { verifySeeded } from '@berth/testing';
import { eventually } from './eventually.js';
import { write } from './frames.js';
import type { Frame, RunState } from './frames.js';
import { RawSocket } from './raw-socket.js';

export interface ViewerOptions {
  /** Where to connect, given how often it has connected before. */
  address: (attempt: number) => string;
  sessionId: string;
  token: string;
  clientId: string;
  /** Is given every byte once and in order. */
  onBytes: (offset: number, bytes: Buffer) => void;
  /** First byte wanted. */
  from?: number;
}

export interface Gap {
  from: number;
  to: number;
  reason: string;
}

/** How often a client acknowledges. */
const ACK_STEP = 32 * 1024;
const RETRY_MS = 20;
/** Answers after which a client comes back. */
const RETRIED = [1001, 1006, 1012, 4408, 4429, 4503];

/**
 * Watches a session through any number of connections. Fails on the first byte that comes twice, out of order or not at all; an explicit gap is
 * no failure, it is recorded.
 */
export class ResumingViewer {
  /** Next offset wanted. */
  position: number;
  readonly gaps: Gap[] = [];
  readonly states: RunState[] = [];
  connections = 0;
  attachments = 0;
  /** Set when the promise was broken or the session does not want this viewer. */
  failure: Error | undefined;
  private acknowledged = 0;
  private stopped = false;
  private socket: RawSocket | undefined;
  private readonly done: Promise<void>;

  constructor(private readonly options: ViewerOptions) {
    this.position = options.from ?? 0;
    this.done = this.run();
  }

  /** Waits until every byte before `offset` has come. */
  async reaches(offset: number, ms = 60_000): Promise<void> {
    const look = () => {
      if (this.failure) throw this.failure;
      return this.position >= offset;
    };
    await eventually(look, { within: ms, what: `viewer ${this.options.clientId} reaches ${offset}` }).catch((error: unknown) => {
      throw new Error(
        `${error instanceof Error ? error.message : String(error)}; it is at ${this.position} after ${this.connections} connections`,
        { cause: error },
      );
    });
  }

  /** Leaves; rejects when anything was wrong. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.socket?.destroy();
    await this.done;
    if (this.failure) throw this.failure;
  }

  private async run(): Promise<void> {
    while (!this.stopped && !this.failure) {
      try {
        await this.connect();
      } catch {
        // Refused while a gateway is down: the next one.
      }
      if (!this.stopped && !this.failure) await sleep(RETRY_MS * Math.random());
    }
  }

  private async connect(): Promise<void> {
    const { address, sessionId, token, clientId } = this.options;
    let expected: number | undefined;
    const socket = await RawSocket.open(address(this.connections++), sessionId, {
      token,
      keep: false,
      onFrame: (frame) => {
        expected = this.take(frame, expected, socket);
      },
    });
    this.socket = socket;
    this.acknowledged = this.position;
    socket.send(write.attach({ haveUpTo: this.position, clientId }));
    if (this.stopped) socket.destroy();
    const { code, reason } = await socket.closed;
    if (socket.broken) this.failure ??= socket.broken;
    if (code === 1000) this.stopped = true;
    else if (!RETRIED.includes(code)) this.failure ??= new Error(`closed with ${code} ${reason}`);
  }

  /** Next offset that this connection has to bring. */
  private take(frame: Frame, expected: number | undefined, socket: RawSocket): number | undefined {
    if (frame.type === 'state') this.states.push(frame.run);
    if (frame.type === 'attached') {
      this.attachments += 1;
      return this.position;
    }
    if (frame.type === 'gap') {
      if (frame.from !== this.position || frame.to <= frame.from) throw new Error(`GAP ${frame.from}-${frame.to} at ${this.position}`);
      this.gaps.push({ from: frame.from, to: frame.to, reason: frame.reason });
      this.position = frame.to;
      return frame.to;
    }
    if (frame.type !== 'output') return expected;
    if (expected === undefined) throw new Error('OUTPUT before ATTACHED');
    if (frame.offset !== expected) throw new Error(`OUTPUT at ${frame.offset}, wanted ${expected}`);
    this.options.onBytes(frame.offset, frame.bytes);
    this.position += frame.bytes.length;
    if (this.position - this.acknowledged >= ACK_STEP) {
      this.acknowledged = this.position;
      socket.send(write.ack(this.position));
    }
    return this.position;
  }
}

/** Throws when the bytes are not those of the seeded stream that began at offset `base`. */
export const seededCheck =
  (seed: number, base = 0) =>
  (offset: number, bytes: Uint8Array): void => {
    const wrong = verifySeeded(seed, offset - base, bytes);
    if (wrong >= 0) throw new Error(`the byte at offset ${offset + wrong} is not the one that was written`);
  };
