import { connect } from 'node:net';
import type { Socket } from 'node:net';
import WebSocket from 'ws';
import { eventually, within } from './eventually.js';
import { readFrame, write } from './frames.js';
import type { Attach, Frame, FrameOf } from './frames.js';

export interface OpenOptions {
  token?: string;
  /** Offered as a browser does. */
  ticket?: string;
  origin?: string;
  headers?: Record<string, string>;
  protocols?: string[];
  /** `?…` behind the path. */
  query?: string;
  /** Called for each frame in order; with `keep: false` this is the only trace of it. */
  onFrame?: (frame: Frame) => void;
  keep?: boolean;
}

export interface Closed {
  code: number;
  reason: string;
}

const OPEN_MS = 10_000;

/** A byte-socket client without any cleverness: sends what it is told, keeps what comes, never reconnects. */
export class RawSocket {
  readonly frames: Frame[] = [];
  readonly closed: Promise<Closed>;
  /** How it was closed, once it is. */
  ending: Closed | undefined;
  /** Set when a message is none of the contract's. */
  broken: Error | undefined;

  private constructor(
    readonly websocket: WebSocket,
    private readonly socket: () => Socket | undefined,
    { onFrame, keep = true }: OpenOptions,
  ) {
    this.closed = new Promise((resolve) => {
      websocket.on('close', (code, reason) => {
        this.ending = { code, reason: reason.toString() };
        resolve(this.ending);
      });
    });
    websocket.on('error', () => undefined);
    websocket.on('message', (data, isBinary) => {
      try {
        if (!isBinary) throw new Error('a text message');
        const frame = readFrame(data as Buffer);
        if (keep) this.frames.push(frame);
        if (frame.type === 'ping') this.send(write.pong(frame.token));
        onFrame?.(frame);
      } catch (error) {
        this.broken ??= error as Error;
        this.destroy();
      }
    });
  }

  /** Opens the socket of a session at `address` (http://…); rejects when the upgrade is refused, with the HTTP status. */
  static async open(address: string, sessionId: string, options: OpenOptions = {}): Promise<RawSocket> {
    const url = new URL(`/v1/sessions/${sessionId}/bytes${options.query ?? ''}`, address);
    url.protocol = 'ws:';
    let tcp: Socket | undefined;
    const protocols = options.protocols ?? ['berth.bytes.v1', ...(options.ticket === undefined ? [] : [`ticket.${options.ticket}`])];
    const websocket = new WebSocket(url, protocols, {
      headers: { ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }), ...options.headers },
      ...(options.origin === undefined ? {} : { origin: options.origin }),
      // Offered, so that a test sees it declined.
      perMessageDeflate: true,
      createConnection: () => {
        tcp = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
        return tcp;
      },
    });
    const raw = new RawSocket(websocket, () => tcp, options);
    const opened = new Promise<void>((resolve, reject) => {
      websocket.once('open', resolve);
      websocket.once('unexpected-response', (_request, response) => {
        reject(new Error(`upgrade refused: ${response.statusCode}`));
        websocket.terminate();
      });
      websocket.once('error', reject);
    });
    await within(OPEN_MS, `byte socket of ${sessionId} opens`, opened);
    return raw;
  }

  /** Opens and attaches. */
  static async attach(address: string, sessionId: string, attach: Attach, options: OpenOptions = {}): Promise<RawSocket> {
    const raw = await RawSocket.open(address, sessionId, options);
    raw.send(write.attach(attach));
    return raw;
  }

  send(message: Uint8Array | string): void {
    if (this.websocket.readyState === WebSocket.OPEN) this.websocket.send(message, () => undefined);
  }

  input(inputSeq: number, bytes: string | Uint8Array): void {
    this.send(write.input(inputSeq, bytes));
  }

  /** Ends the TCP connection at once: the other side gets no goodbye. */
  destroy(): void {
    this.socket()?.destroy();
    this.websocket.terminate();
  }

  /** Says goodbye. */
  async detach(): Promise<Closed> {
    this.websocket.close(1000);
    return this.closed;
  }

  /** Stops reading: the kernel's buffers fill, then the sender's. */
  pause(): void {
    this.websocket.pause();
  }

  resume(): void {
    this.websocket.resume();
  }

  kept<T extends Frame['type']>(type: T): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> => frame.type === type);
  }

  /** The first kept frame of this type that fits. */
  async frame<T extends Frame['type']>(type: T, fits: (frame: FrameOf<T>) => boolean = () => true, ms = 10_000): Promise<FrameOf<T>> {
    return eventually(() => this.kept(type).find(fits), { within: ms, every: 5, what: `frame ${type}` }).catch((error: unknown) => {
      const trace = this.frames
        .slice(-8)
        .map((frame) => (frame.type === 'output' ? `output ${frame.offset}+${frame.bytes.length}` : JSON.stringify(frame)));
      throw new Error(`${String(error)}; socket ${JSON.stringify(this.ending ?? 'open')}; last frames: ${trace.join(' | ')}`);
    });
  }

  /** All kept output, which has to be without a hole, from the first kept frame on. */
  text(): string {
    return Buffer.concat(this.kept('output').map(({ bytes }) => bytes)).toString('latin1');
  }

  /** Waits until the kept output contains the text. */
  async shows(text: string, ms = 10_000): Promise<void> {
    await eventually(() => this.text().includes(text), { within: ms, every: 10, what: `output shows ${JSON.stringify(text)}` }).catch(
      (error: unknown) => {
        throw new Error(
          `${String(error)}; socket ${JSON.stringify(this.ending ?? 'open')}; it shows ${JSON.stringify(this.text().slice(-300))}`,
        );
      },
    );
  }
}
