import type { SessionId } from '@berth/protocol';
import type { Credential } from '../bytes/byte-socket.js';
import type { BerthApi } from './berth-api.js';

/** Credential of a browser's byte socket: a new one-use ticket for each connection. */
export const ticketFor =
  (api: BerthApi, sessionId: SessionId): ((renew: boolean) => Promise<Credential>) =>
  async () => ({ ticket: (await api.call('createSocketTicket', { body: { sessionId } })).ticket });
