import type { ByteSocket } from '@berth/client';
import { CutSocket } from './cut-socket.js';
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

/** The product's own client with everything it reports written down. */
export class ClientSocket {
  text = '';
  readonly gaps: { from: number; to: number }[] = [];
  readonly rejected: string[] = [];
  /** Code of the end, once it has ended for good. */
  ended: number | undefined;
  private role: number | undefined;
  private readonly connection: CutSocket;

  constructor(options: ClientSocketOptions) {
    this.connection = new CutSocket({
      ...options,
      drive: true,
      events: {
        output: (_offset, data, done) => {
          this.text += Buffer.from(data).toString('latin1');
          done();
        },
        gap: (from, to) => this.gaps.push({ from, to }),
        screen: () => undefined,
        attached: ({ role }) => (this.role = role),
        connection: (state) => {
          if (state.phase === 'ended') this.ended = state.code;
        },
        rejected: (code) => this.rejected.push(code),
      },
    });
  }

  get socket(): ByteSocket {
    return this.connection.socket;
  }

  /** Connections that it has made so far. */
  get connections(): number {
    return this.connection.connections;
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
    this.connection.cut();
  }

  close(): void {
    this.connection.close();
  }
}
