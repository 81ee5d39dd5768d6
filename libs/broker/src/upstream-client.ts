import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** Shorter than common servers keep an idle connection, so that none is used that they are just closing. */
const IDLE_CONNECTION_MS = 4_000;

/** Opens requests to upstreams and keeps connections between them. Certificates are verified. */
export class UpstreamClient {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });

  constructor() {
    // An agent's own timeout would hold while it connects, too.
    for (const agent of [this.#http, this.#https]) agent.on('free', (socket: Socket) => socket.setTimeout(IDLE_CONNECTION_MS));
  }

  /** A request to `target`, a path with its query, below the base URL; a bad base URL throws. */
  open(baseUrl: string, request: { method: string; target: string; headers: OutgoingHttpHeaders }): ClientRequest {
    const base = new URL(baseUrl);
    const path = base.pathname.replace(/\/+$/, '') + request.target;
    const { method, headers } = request;
    if (base.protocol === 'http:') return httpRequest(base, { method, headers, path, agent: this.#http });
    if (base.protocol === 'https:') return httpsRequest(base, { method, headers, path, agent: this.#https });
    throw new TypeError('a base URL is http or https');
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
