import { ControlSocket } from '@berth/client';
import type { Notice, SessionId, SessionUpdated, Viewer } from '@berth/protocol';
import { waitFor } from '@berth/testing';
import type { ApiClient } from '../../testing/api-client.js';

const SOON_MS = 8_000;

/** A page that listens on the control socket, and remembers what it has heard. */
export class Listener {
  readonly updates: SessionUpdated[] = [];
  readonly notices: Notice[] = [];
  readonly statuses: string[] = [];
  readonly presence = new Map<SessionId, Viewer[]>();
  presences = 0;
  readonly socket: ControlSocket;

  constructor(api: ApiClient, origin = api.origin) {
    this.socket = new ControlSocket({ baseUrl: origin, ticket: async () => (await ticketOf(api)).ticket });
    this.socket.on('session.updated', (update) => this.updates.push(update));
    this.socket.on('notice', (notice) => this.notices.push(notice));
    this.socket.on('session.presence', ({ sessionId, viewers }) => {
      this.presences += 1;
      this.presence.set(sessionId, viewers);
    });
    this.socket.onStatus((status) => this.statuses.push(status));
  }

  async connected(): Promise<this> {
    await waitFor(() => this.socket.status === 'connected', SOON_MS, 'the control socket connects');
    return this;
  }

  /** Waits for an update of a session that fits. */
  async hears(sessionId: SessionId, fits: (session: SessionUpdated['session']) => boolean): Promise<void> {
    const heard = () => this.updates.some((update) => update.sessionId === sessionId && fits(update.session));
    await waitFor(heard, SOON_MS, `an update of ${sessionId}; heard ${JSON.stringify(this.updates.slice(-3))}`);
  }

  async sees(sessionId: SessionId, fits: (viewers: readonly Viewer[]) => boolean, ms = SOON_MS): Promise<void> {
    const seen = () => fits(this.presence.get(sessionId) ?? []) && this.presence.has(sessionId);
    await waitFor(seen, ms, `viewers of ${sessionId}; seen ${JSON.stringify(this.presence.get(sessionId))}`);
  }
}

export const ticketOf = (api: ApiClient, sessionId?: SessionId): Promise<{ ticket: string }> =>
  api.expect('POST', '/v1/socket-tickets', sessionId === undefined ? {} : { sessionId });
