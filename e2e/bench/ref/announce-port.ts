import type { AddressInfo } from 'node:net';
import type { WebSocketServer } from 'ws';

/** Tells the parent where a server listens, as soon as it does. */
export function announcePort(server: WebSocketServer): void {
  server.once('listening', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}
