import { openPlainSocket } from './plain-socket.js';
import type { Peer } from './peer.js';
import { ReferenceProcess } from './reference.js';

/** The simplest thing that could work: one process with a WebSocket and node-pty. */
export async function startSingleWs(): Promise<Peer> {
  const server = await ReferenceProcess.start('single-ws');
  return {
    name: 'single ws',
    open: (argv) => openPlainSocket(server.port, argv),
    processes: () => ({ front: [server.pid], behind: [] }),
    close: () => server.close(),
  };
}
