import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from './connection.js';
import { testServerUrl } from './testing/test-server.js';
import { Transactor } from './transactor.js';

describe('createPool', () => {
  const pairs: [Socket, Socket][] = [];
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const { hostname, port } = new URL(testServerUrl());
    server = createServer((near) => {
      const far = connect(Number(port), hostname);
      pairs.push([near, far]);
      near.on('error', () => {}).pipe(far);
      far.on('error', () => {}).pipe(near);
      near.on('close', () => far.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const target = new URL(testServerUrl());
    target.host = `127.0.0.1:${typeof address === 'object' && address !== null ? String(address.port) : ''}`;
    url = target.href;
  });
  afterAll(() => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
    server.close();
  });

  it('gives a connection up whose server has gone silent, in a transaction too', async () => {
    const pool = createPool({ url, size: 1, name: 'spec', onError: () => {}, answerTimeoutMs: 300 });
    const transactor = new Transactor(pool);
    const ask = (idempotent: boolean) =>
      transactor.run(
        async () => {},
        (tx) => tx.$queryRaw`SELECT pg_backend_pid() AS pid`,
        { idempotent },
      );
    await ask(false);
    for (const [near, far] of pairs) {
      near.unpipe(far);
      far.unpipe(near);
    }
    await expect(ask(true)).resolves.toHaveLength(1);
    expect(pairs).toHaveLength(2);
    await transactor.close();
  });
});
