import type { ClientFrame, ServerFrame } from '@berth/protocol';
import { decodeClientFrame, encodeServerFrame } from '@berth/protocol';
import type { SocketLike, SocketRequest } from '../socket-like.js';

/** One end of a connection in memory: the spec plays the gateway. */
export class ScriptedSocket implements SocketLike {
  binaryType = '';
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: ClientFrame[] = [];

  constructor(readonly request: SocketRequest) {}

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(decodeClientFrame(data.slice()));
  }

  close(): void {
    this.readyState = 3;
  }

  accept(): this {
    this.readyState = 1;
    this.onopen?.();
    return this;
  }

  say(frame: ServerFrame): this {
    const bytes = encodeServerFrame(frame);
    this.onmessage?.({ data: bytes.buffer });
    return this;
  }

  attached(fields: Partial<Extract<ServerFrame, { type: 'attached' }>> = {}): this {
    return this.say({ type: 'attached', epoch: 1, head: 0, from: 0, cols: 80, rows: 24, role: 1, lastInputSeq: 0, ...fields });
  }

  output(offset: number, data: Uint8Array): this {
    return this.say({ type: 'output', offset, data });
  }

  cut(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: '' });
  }

  of<T extends ClientFrame['type']>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type);
  }

  get inputs(): string[] {
    return this.of('input').map(({ inputSeq, data }) => `${inputSeq}${new TextDecoder().decode(data)}`);
  }
}
