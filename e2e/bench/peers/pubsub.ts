import { openPlainSocket } from './plain-socket.js';
import type { Peer } from './peer.js';
import { ReferenceProcess } from './reference.js';

/** A gateway and a host with every byte between them over Redis pub/sub. */
export async function startPubsub(redisUrl: string): Promise<Peer> {
  const host = await ReferenceProcess.start('pubsub-host', { BENCH_REDIS_URL: redisUrl });
  const gateway = await ReferenceProcess.start('pubsub-gateway', { BENCH_REDIS_URL: redisUrl });
  return {
    name: 'redis pub/sub',
    open: (argv) => openPlainSocket(gateway.port, argv),
    processes: () => ({ front: [gateway.pid], behind: [host.pid] }),
    async close() {
      await gateway.close();
      await host.close();
    },
  };
}
