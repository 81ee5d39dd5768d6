import { waitFor } from '@berth/testing';
import { afterEach, beforeEach, expect } from 'vitest';
import { ByteClient } from './byte-client.js';
import type { ByteClientOptions } from './byte-client.js';
import type { ByteServer } from './byte-server.js';
import { startByteServer } from './byte-server.js';
import { SeededSession } from './seeded-host.js';

interface ConnectOptions extends ByteClientOptions {
  /** Another gateway than {@link ByteLab.gateway}. */
  to?: ByteServer;
  /** Another session than {@link ByteLab.session}. */
  id?: string;
}

/** What each test of a file has anew: a session, a gateway that serves it, and clients that are gone when the test ends. */
export interface ByteLab {
  readonly session: SeededSession;
  readonly gateway: ByteServer;
  connect(options?: ConnectOptions): ByteClient;
}

/** To be called once at the top of a file. Each test has to end without an unexpected failure, and with nothing held for anybody. */
export function byteLab(): ByteLab {
  let session: SeededSession;
  let gateway: ByteServer;
  let clients: ByteClient[];
  beforeEach(async () => {
    session = new SeededSession();
    clients = [];
    gateway = await startByteServer(session);
  });
  afterEach(async () => {
    for (const { websocket } of clients) websocket.terminate();
    await waitFor(() => gateway.feeds.count === 0, 5_000, 'feeds are let go');
    await gateway.close();
    await session.kill();
    expect(gateway.failures).toEqual([]);
  });
  return {
    get session() {
      return session;
    },
    get gateway() {
      return gateway;
    },
    connect({ to = gateway, id = session.sessionId, ...options } = {}) {
      const client = new ByteClient(to.port, id, options);
      clients.push(client);
      return client;
    },
  };
}
