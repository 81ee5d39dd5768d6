import type { ClientFrame, ServerFrame } from '@berth/protocol';
import { BYTES_SUBPROTOCOL, decodeServerFrame, encodeClientFrame } from '@berth/protocol';
import { verifySeeded, waitFor } from '@berth/testing';
import WebSocket from 'ws';
import { SEED } from './seeded-host.js';

export interface ByteClientOptions {
  headers?: Record<string, string>;
  protocols?: string[];
  query?: string;
  /** Acknowledges whatever comes at once. */
  acks?: boolean;
  /** Is cut off when it is pinged, before it has answered. */
  cutAtPing?: boolean;
}

type FrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;

/** A byte-socket client that checks every byte against the seed, and that nothing is missing without a GAP. */
export class ByteClient {
  readonly frames: ServerFrame[] = [];
  readonly gaps: { from: number; to: number; reason: string }[] = [];
  /** Close code, once it is closed; 0 when the upgrade was refused. */
  code: number | undefined;
  /** HTTP status of a refused upgrade. */
  status: number | undefined;
  at = 0;
  received = 0;
  wrong: string | undefined;
  readonly websocket: WebSocket;

  constructor(
    port: number,
    sessionId: string,
    private readonly options: ByteClientOptions = {},
  ) {
    const { headers = { authorization: 'Bearer good' }, protocols = [BYTES_SUBPROTOCOL], query = '' } = options;
    this.websocket = new WebSocket(`ws://127.0.0.1:${String(port)}/v1/sessions/${sessionId}/bytes${query}`, protocols, {
      headers,
      autoPong: options.cutAtPing !== true,
    });
    if (options.cutAtPing) {
      this.websocket.on('ping', () => this.websocket.terminate());
    }
    this.websocket.on('error', () => undefined);
    this.websocket.on('unexpected-response', (_request, response) => {
      this.status = response.statusCode;
      this.code = 0;
      response.resume();
    });
    this.websocket.on('close', (code) => {
      this.code = code;
    });
    this.websocket.on('message', (data) => this.receive(decodeServerFrame(new Uint8Array(data as Buffer))));
  }

  async opened(): Promise<this> {
    await waitFor(() => this.websocket.readyState !== WebSocket.CONNECTING, 5_000, 'the socket opens');
    return this;
  }

  /** Opens and attaches; resolves when ATTACHED has come. */
  async attach(attach: Partial<Extract<ClientFrame, { type: 'attach' }>> = {}): Promise<FrameOf<'attached'>> {
    await this.opened();
    this.at = attach.haveUpTo ?? 0;
    this.send({ type: 'attach', haveUpTo: 0, cols: 80, rows: 24, wantsDrive: true, clientId: 'tab', ...attach });
    return this.frame('attached');
  }

  send(frame: ClientFrame): void {
    this.websocket.send(encodeClientFrame(frame));
  }

  type(inputSeq: number, text: string): void {
    this.send({ type: 'input', inputSeq, data: Buffer.from(text) });
  }

  of<T extends ServerFrame['type']>(type: T): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> => frame.type === type);
  }

  async frame<T extends ServerFrame['type']>(type: T, fits: (frame: FrameOf<T>) => boolean = () => true): Promise<FrameOf<T>> {
    return waitFor<FrameOf<T> | undefined>(
      () => this.of(type).find(fits),
      5_000,
      `frame ${type}; closed ${String(this.code)}; ${JSON.stringify(this.frames.slice(-5))}`,
    ) as Promise<FrameOf<T>>;
  }

  async reaches(offset: number): Promise<void> {
    await waitFor(
      () => this.wrong !== undefined || this.at >= offset,
      10_000,
      `offset ${offset}, at ${this.at}, closed ${String(this.code)}`,
    );
    if (this.wrong !== undefined) throw new Error(this.wrong);
  }

  async closed(): Promise<number> {
    await waitFor(() => this.code !== undefined, 10_000, 'the socket closes');
    return this.code ?? 0;
  }

  private receive(frame: ServerFrame): void {
    this.frames.push(frame.type === 'output' ? { ...frame, data: new Uint8Array(0) } : frame);
    if (frame.type === 'ping') this.send({ type: 'pong', token: frame.token });
    if (frame.type === 'gap') {
      if (frame.from !== this.at) this.wrong ??= `gap from ${frame.from} at ${this.at}`;
      this.gaps.push(frame);
      this.at = frame.to;
    }
    if (frame.type !== 'output') return;
    if (frame.offset !== this.at) this.wrong ??= `output ${frame.offset} at ${this.at}`;
    if (verifySeeded(SEED, frame.offset, frame.data) !== -1) this.wrong ??= `wrong byte in ${frame.offset}+${frame.data.length}`;
    this.at = frame.offset + frame.data.length;
    this.received += frame.data.length;
    if (this.options.acks !== false) this.send({ type: 'ack', parsedUpTo: this.at });
  }
}
