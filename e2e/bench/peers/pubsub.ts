import { Redis } from 'ioredis';
import { eventually } from '../../harness/eventually.js';
import { BerthPeer } from './berth.js';
import type { Peer } from './peer.js';

/** Loaded by gateway and worker before anything else. */
const LINK = new URL('../ref/pubsub-link.js', import.meta.url).href;

/** The channels of a connection: where it was dialled, and one each way. */
const CHANNELS = 3;
const OPEN_MS = 5_000;

async function assertReplaced(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl);
  try {
    const used = async () => ((await redis.pubsub('CHANNELS', 'bench-link:*')) as string[]).length >= CHANNELS;
    await eventually(used, { within: OPEN_MS, what: 'the reference sends its bytes over Redis pub/sub' });
  } finally {
    redis.disconnect();
  }
}

/** Berth itself, whose gateway and worker have Redis pub/sub between them where Berth has a connection. */
export async function startPubsub(): Promise<Peer> {
  const berth = await BerthPeer.start({ name: 'berth over redis pub/sub', env: { NODE_OPTIONS: `--import ${LINK}` } });
  return {
    name: berth.name,
    async open(argv) {
      const terminal = await berth.open(argv);
      await assertReplaced(berth.cluster.redisUrl);
      return terminal;
    },
    processes: () => berth.processes(),
    close: () => berth.close(),
  };
}
