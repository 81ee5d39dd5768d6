import { ByteSocket } from '@berth/client';
import type { ByteSocketEvents } from '@berth/client';
import WebSocket from 'ws';

export interface CutSocketOptions {
  sessionId: string;
  token: string;
  clientId: string;
  /** Addresses of gateways, or of proxies before them. */
  gateways: string[];
  drive: boolean;
  /** First offset wanted. */
  from?: number;
  /** Those that nobody listens to may be left out. */
  events: Partial<ByteSocketEvents> & Pick<ByteSocketEvents, 'output' | 'screen'>;
}

/** Waits this share of what a patient client would, so that a test sees many reconnects in little time. */
const HASTE = 0.04;

/** The product's own client over connections that can be cut. */
export class CutSocket {
  readonly socket: ByteSocket;
  connections = 0;
  private websocket: WebSocket | undefined;

  constructor({ token, drive, events, ...options }: CutSocketOptions) {
    this.socket = new ByteSocket({
      ...options,
      credential: () => Promise.resolve({ accessToken: token }),
      openSocket: ({ url, protocols, headers }) => {
        this.connections += 1;
        this.websocket = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
        return this.websocket;
      },
      cols: 80,
      rows: 24,
      wantsDrive: drive,
      random: () => Math.random() * HASTE,
      events: {
        gap: () => undefined,
        state: () => undefined,
        resized: () => undefined,
        attached: () => undefined,
        connection: () => undefined,
        roundTrip: () => undefined,
        rejected: () => undefined,
        ...events,
      },
    });
    this.socket.open();
  }

  /** Breaks the connection as a lost network does. */
  cut(): void {
    this.websocket?.terminate();
  }

  close(): void {
    this.socket.close();
  }
}
