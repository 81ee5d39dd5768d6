import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from './paths.js';
import { signal } from './process-table.js';

/** A Postgres or Redis of a test's own that can be taken away and given back. */
export interface OwnService {
  url: string;
  port: number;
  /** Ends it and waits until it is gone; SIGINT is Postgres' fast shutdown. */
  stop(how: 'SIGINT' | 'SIGKILL'): Promise<void>;
  /** Starts it again with the same data on the same port; resolves once it serves. */
  start(): Promise<void>;
}

interface LaunchedService {
  child: { pid: number; exited: Promise<unknown> };
  port: number;
  url: string;
  start(): Promise<void>;
}

type Launcher = (facts: {
  folder: string;
  logFile: string;
  password: string;
  mark: string;
  stop: object;
  throwAway: boolean;
  onChild: () => void;
}) => Promise<LaunchedService>;

/** The launchers of `npm start`: plain JavaScript without types, loaded by their path. */
async function launcher(kind: 'postgres' | 'redis'): Promise<Launcher> {
  const module = (await import(join(ROOT, 'tools', 'services', `${kind}.mjs`))) as Record<string, Launcher>;
  const found = module[kind === 'postgres' ? 'startPostgres' : 'startRedis'];
  if (!found) throw new Error(`tools/services/${kind}.mjs has no launcher`);
  return found;
}

/** What the launchers ask for to learn of a user's ^C; a test has none. */
const neverStopped = {
  throwIfRequested: () => undefined,
  race: <T>(promise: Promise<T>) => promise,
  sleep: (ms: number) => setTimeout(ms),
  hurry: undefined,
};

/** Services that run now. A test that fails before it has a cluster to close leaves none behind. */
const running = new Set<LaunchedService>();
process.once('exit', () => {
  for (const { child } of running) signal(child.pid, 'SIGKILL');
});

/** Starts an own service with its data under `folder`. `durable`: what it has acknowledged outlives a SIGKILL. */
export async function ownService(kind: 'postgres' | 'redis', folder: string, { durable }: { durable: boolean }): Promise<OwnService> {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const service = await (
    await launcher(kind)
  )({
    folder: join(folder, kind),
    logFile: join(folder, `${kind}.log`),
    password: randomBytes(16).toString('hex'),
    mark: 'e2e',
    stop: neverStopped,
    throwAway: !durable,
    onChild: () => undefined,
  });
  running.add(service);
  return {
    url: service.url,
    port: service.port,
    async stop(how) {
      signal(service.child.pid, how);
      await service.child.exited;
      running.delete(service);
    },
    async start() {
      await service.start();
      running.add(service);
    },
  };
}
