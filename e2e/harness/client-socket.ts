import { ByteSocket } from '@berth/client';
import WebSocket from 'ws';
import { eventually } from './eventually.js';

export interface ClientSocketOptions {
  sessionId: string;
  token: string;
  clientId: string;
  /** Addresses of gateways, or of proxies before them. */
  gateways: string[];
  /** First offset wanted. */
  from: number;
}

/** Waits this share of what a patient client would, so that a test sees many reconnects in little time. */
const HASTE = 0.04;

/** The product's own client with everything it reports written down. */
export class ClientSocket {
  readonly socket: ByteSocket;
  text = '';
  readonly gaps: { from: number; to: number }[] = [];
  readonly rejected: string[] = [];
  connections = 0;
  /** Code of the end, once it has ended for good. */
  ended: number | undefined;
  private role: number | undefined;
  private websocket: WebSocket | undefined;

  constructor({ sessionId, token, clientId, gateways, from }: ClientSocketOptions) {
    this.socket = new ByteSocket({
      sessionId,
      clientId,
      gateways,
      credential: () => Promise.resolve({ accessToken: token }),
      openSocket: ({ url, protocols, headers }) => {
        this.connections += 1;
        this.websocket = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
        return this.websocket;
      },
      from,
      cols: 80,
      rows: 24,
      wantsDrive: true,
      random: () => Math.random() * HASTE,
      events: {
        output: (_offset, data, done) => {
          this.text += Buffer.from(data).toString('latin1');
          done();
        },
        gap: (from, to) => this.gaps.push({ from, to }),
        screen: () => undefined,
        state: () => undefined,
        resized: () => undefined,
        attached: ({ role }) => (this.role = role),
        connection: (state) => {
          if (state.phase === 'ended') this.ended = state.code;
        },
        roundTrip: () => undefined,
        rejected: (code) => this.rejected.push(code),
      },
    });
    this.socket.open();
  }

  /** Waits until it may type. */
  async drives(): Promise<void> {
    await eventually(() => this.role === 1, { what: 'the client drives' });
  }

  /** Types; throws when it is not taken. */
  type(text: string): void {
    if (!this.socket.send(text))
      throw new Error(`not taken: ${text.slice(0, 20)}; pending ${this.socket.pendingInput}, ended ${this.ended}`);
  }

  /** Breaks the connection as a lost network does. */
  cut(): void {
    this.websocket?.terminate();
  }

  close(): void {
    this.socket.close();
  }
}
