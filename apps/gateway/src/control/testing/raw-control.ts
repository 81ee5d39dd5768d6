import { waitFor } from '@berth/testing';
import { decode } from '@msgpack/msgpack';
import { Encoder } from 'socket.io-msgpack-parser';
import WebSocket from 'ws';

export interface RawControlOptions {
  headers?: Record<string, string>;
  /** After the query that every client sends. */
  query?: string;
  path?: string;
}

interface Packet {
  type: number;
  id?: number;
  data?: unknown;
}

const encoder = new Encoder() as unknown as { encode(packet: unknown): Buffer[] };

/** The control socket, spoken by hand: engine.io frames, packets as MessagePack. Sends what no client of ours would. */
export class RawControl {
  readonly packets: Packet[] = [];
  /** Close code; 0 when the upgrade was refused. */
  code: number | undefined;
  /** HTTP status of a refused upgrade. */
  status: number | undefined;
  readonly websocket: WebSocket;
  private lastId = 0;

  constructor(origin: string, { headers = {}, query = '', path = '/socket.io/' }: RawControlOptions = {}) {
    const url = `${origin.replace('http', 'ws')}${path}?EIO=4&transport=websocket${query}`;
    this.websocket = new WebSocket(url, { headers });
    this.websocket.on('error', () => undefined);
    this.websocket.on('unexpected-response', (_request, response) => {
      this.status = response.statusCode;
      this.code = 0;
      response.resume();
    });
    this.websocket.on('close', (code) => {
      this.code ??= code;
    });
    this.websocket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.packets.push(decode(data) as Packet);
      else if (data.toString() === '2') this.websocket.send('3');
    });
  }

  async opened(): Promise<this> {
    await waitFor(() => this.websocket.readyState !== WebSocket.CONNECTING || this.code !== undefined, 5_000, 'the socket opens');
    return this;
  }

  send(packet: unknown): void {
    this.websocket.send(encoder.encode(packet)[0] as Buffer);
  }

  /** Shows a ticket; answers with what comes back: type 0 when it is accepted, 4 with the problem when not. */
  async connect(auth: unknown): Promise<Packet> {
    await this.opened();
    this.send({ type: 0, nsp: '/', data: auth });
    await waitFor(
      () => this.packets.some(({ type }) => type === 0 || type === 4) || this.code !== undefined,
      8_000,
      'an answer to CONNECT',
    );
    return this.packets.find(({ type }) => type === 0 || type === 4) ?? { type: -1, data: this.code };
  }

  /** Makes a call; answers with its acknowledgement. */
  async call(...data: unknown[]): Promise<unknown> {
    const id = (this.lastId += 1);
    this.send({ type: 2, nsp: '/', id, data });
    const answer = (): Packet | undefined => this.packets.find((packet) => packet.type === 3 && packet.id === id);
    await waitFor(() => answer() !== undefined, 5_000, `an answer to ${String(data[0])}`);
    const answered = answer()?.data;
    return Array.isArray(answered) ? answered[0] : undefined;
  }

  async closed(ms = 8_000): Promise<number> {
    await waitFor(() => this.code !== undefined, ms, 'the socket closes');
    return this.code ?? 0;
  }
}
