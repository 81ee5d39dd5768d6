import { once } from 'node:events';
import WebSocket from 'ws';
import type { Terminal } from './peer.js';

/** A client of the reference programs: the first message says what to run, then bytes both ways. */
export async function openPlainSocket(port: number, argv: readonly string[]): Promise<Terminal> {
  const websocket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  const terminal: Terminal = {
    onOutput: () => undefined,
    write: (bytes) => websocket.send(bytes),
    close: async () => {
      const closed = once(websocket, 'close');
      websocket.terminate();
      await closed;
    },
  };
  websocket.on('message', (data) => terminal.onOutput(data as Buffer));
  await once(websocket, 'open');
  websocket.send(JSON.stringify(argv));
  return terminal;
}
