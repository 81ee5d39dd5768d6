import type { OpenSocket } from '@berth/client';

/** Node's own WebSocket, which can send headers with the upgrade. */
export const nodeSocket: OpenSocket = ({ url, protocols, headers }) => new WebSocket(url, { protocols, headers });
