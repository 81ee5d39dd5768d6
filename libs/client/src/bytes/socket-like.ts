/** The part of a WebSocket that the client uses; browsers' and the `ws` package's both fit. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export interface SocketRequest {
  url: string;
  protocols: string[];
  /** Only where the platform can send headers with an upgrade: not in browsers. */
  headers: Record<string, string>;
}

/** Starts to connect a WebSocket. */
export type OpenSocket = (request: SocketRequest) => SocketLike;

/** A browser's WebSocket. It cannot send headers, so the credential has to be a ticket. */
export const browserSocket: OpenSocket = ({ url, protocols }) => new WebSocket(url, protocols);
