import { once } from 'node:events';
import WebSocket from 'ws';
import { Arrivals } from './arrivals.js';
import type { Terminal } from './peer.js';

/** A WebSocket as a terminal: `encode` and `decode` are the peer's messages, `first` is said when it is open. */
export async function openSocketTerminal(
  websocket: WebSocket,
  { first, encode, decode }: { first: string; encode(bytes: Uint8Array): Uint8Array; decode(message: Buffer): Uint8Array | undefined },
): Promise<Terminal> {
  const output = new Arrivals();
  websocket.on('message', (data) => {
    const bytes = decode(data as Buffer);
    if (bytes) output.arrived(bytes);
  });
  await once(websocket, 'open');
  websocket.on('error', () => undefined);
  websocket.on('close', (code) => output.lose(new Error(`the connection was closed with ${code}`)));
  websocket.send(first);
  return {
    output,
    write: (bytes) => websocket.send(encode(bytes)),
    close: async () => {
      if (websocket.readyState === WebSocket.CLOSED) return;
      const closed = once(websocket, 'close');
      websocket.terminate();
      await closed;
    },
  };
}

/** A client of the reference program: the first message says what to run, then bytes both ways. */
export function openPlainSocket(port: number, argv: readonly string[]): Promise<Terminal> {
  const websocket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  return openSocketTerminal(websocket, { first: JSON.stringify(argv), encode: (bytes) => bytes, decode: (message) => message });
}
