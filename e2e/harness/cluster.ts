import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SignedIn } from '@berth/protocol';
import { Redis } from 'ioredis';
import { Api } from './api.js';
import { AppProcess } from './app-process.js';
import { Canaries } from './canaries.js';
import { ContractCheck } from './contract-check.js';
import type { OpenApi } from './contract-check.js';
import { migratedDatabase } from './database.js';
import type { Database } from './database.js';
import { eventually } from './eventually.js';
import { descendants, isAlive, signal, withVariable } from './process-table.js';
import type { ProcessId } from './process-table.js';
import { freePort } from './metrics.js';
import { keepFolder, ownedFolder, removeLeftovers } from './leftovers.js';
import { ownService } from './services.js';
import type { OwnService } from './services.js';

export interface ClusterOptions {
  gateways?: number;
  workers?: number;
  /** Services of the test's own, which it may stop; else those of the whole run are used. `durable`: their data outlives a SIGKILL. */
  own?: { postgres?: 'throw-away' | 'durable'; redis?: 'throw-away' | 'durable' };
  /** Environment of all apps, over the defaults. */
  env?: Record<string, string>;
  /** More of it, for what lies in the cluster's folder. */
  envIn?: (folder: string) => Record<string, string>;
  /** Environment of one worker, over `env`. */
  workerEnv?: (index: number) => Record<string, string>;
  /** Test flags of all apps. */
  flags?: string[];
  /** Whether the apps serve their metrics, for a `MetricsWatch`. */
  metrics?: boolean;
}

export const OWNER_EMAIL = 'owner@example.com';
const MARK = 'BERTH_E2E';
/** What the death of a host and its guardian leaves to the kernel is done within this. */
const END_MS = 5_000;

/** Leases short enough to wait for: 6 s, renewed every second, given up one second early. */
const LEASES = { BERTH_LEASE_TERMINAL_S: '6', BERTH_LEASE_AGENT_S: '6', BERTH_LEASE_RENEW_S: '1', BERTH_LEASE_MARGIN_S: '1' };

/** Gateways and workers as real processes with a database of their own. Made by {@link startCluster}; whoever made it closes it. */
export class Cluster {
  readonly gateways: AppProcess[] = [];
  readonly workers: AppProcess[] = [];
  private contract: ContractCheck | undefined;

  constructor(
    readonly folder: string,
    private readonly mark: string,
    readonly secrets: Canaries,
    readonly password: string,
    private readonly facts: {
      env: Record<string, string>;
      workerEnv: (index: number) => Record<string, string>;
      database: Database;
      redisUrl: string;
      postgres: OwnService | undefined;
      redis: OwnService | undefined;
      metrics: boolean;
    },
  ) {}

  get database(): Database {
    return this.facts.database;
  }

  get redisUrl(): string {
    return this.facts.redisUrl;
  }

  /** The test's own Postgres. */
  get postgres(): OwnService {
    if (!this.facts.postgres) throw new Error('this cluster was made without a Postgres of its own');
    return this.facts.postgres;
  }

  /** The test's own Redis. */
  get redis(): OwnService {
    if (!this.facts.redis) throw new Error('this cluster was made without a Redis of its own');
    return this.facts.redis;
  }

  gateway(index = 0): AppProcess {
    const found = this.gateways[index];
    if (!found) throw new Error(`there is no gateway ${index}`);
    return found;
  }

  worker(index = 0): AppProcess {
    const found = this.workers[index];
    if (!found) throw new Error(`there is no worker ${index}`);
    return found;
  }

  /** Address of a gateway; another one after each restart. */
  address(index = 0): string {
    return `http://127.0.0.1:${this.gateway(index).port}`;
  }

  async addGateway(env: Record<string, string> = {}): Promise<AppProcess> {
    const metrics = await this.metricsPort();
    // No turn may pass between a name and its place: several are added at once.
    const name = `gateway-${this.gateways.length}`;
    const app = new AppProcess(
      'gateway',
      name,
      { ...this.facts.env, ...metrics, PORT: '0', ...env },
      join(this.folder, 'logs', `${name}.log`),
    );
    this.gateways.push(app);
    await app.start();
    return app;
  }

  async addWorker(env: Record<string, string> = {}): Promise<AppProcess> {
    const metrics = await this.metricsPort();
    const index = this.workers.length;
    const name = `worker-${index}`;
    const own = { BERTH_HOST_NAME: `e2e-${index}`, ...this.facts.workerEnv(index), ...env };
    const app = new AppProcess('worker', name, { ...this.facts.env, ...metrics, ...own }, join(this.folder, 'logs', `${name}.log`));
    this.workers.push(app);
    await app.start();
    return app;
  }

  private async metricsPort(): Promise<Record<string, string>> {
    return this.facts.metrics ? { METRICS_PORT: String(await freePort()) } : {};
  }

  /** Environment of the apps, for programs that a test runs beside them. */
  get env(): Record<string, string> {
    return this.facts.env;
  }

  /** The interface as the gateway describes it. */
  async openApi(): Promise<ContractCheck> {
    if (!this.contract) {
      const response = await fetch(`${this.address()}/openapi.json`);
      this.contract = new ContractCheck((await response.json()) as OpenApi);
    }
    return this.contract;
  }

  /** Signs in with a password, by default as the first tenant's owner. */
  async signIn({ email = OWNER_EMAIL, address = () => this.address() }: { email?: string; address?: () => string } = {}): Promise<Api> {
    const response = await fetch(`${address()}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: this.password }),
    });
    if (response.status !== 200) throw new Error(`sign-in answered ${response.status}: ${await response.text()}`);
    const signedIn = (await response.json()) as SignedIn;
    this.secrets.add('access token', signedIn.accessToken);
    for (const cookie of response.headers.getSetCookie()) this.secrets.add('refresh cookie', cookie.split(';')[0]?.split('=')[1] ?? cookie);
    return new Api(address, await this.openApi(), signedIn);
  }

  /**
   * Kills every app at once and removes everything. Rejects when a session's process has outlived that, or when a secret can be
   * read in a log.
   */
  async close(): Promise<void> {
    const apps = withVariable(MARK, this.mark);
    const sessions = apps.flatMap(({ pid }) => descendants(pid));
    for (const process of apps) signal(process.pid, 'SIGKILL');
    const left = await this.goneWithin(END_MS, [...apps, ...sessions]);
    const leaks = this.secrets.leaks(join(this.folder, 'logs'));
    await this.facts.redis?.stop('SIGKILL');
    if (this.facts.postgres) await this.facts.postgres.stop('SIGKILL');
    else await this.facts.database.drop();
    if (process.env['E2E_KEEP'] === undefined) rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    else keepFolder(this.folder);
    if (left.length > 0) throw new Error(`${left.length} processes outlived their host`);
    if (leaks.length > 0) throw new Error(`secrets in logs: ${[...new Set(leaks)].join(', ')}`);
  }

  /** Waits for processes to end, kills the rest, and returns it. */
  private async goneWithin(ms: number, processes: ProcessId[]): Promise<ProcessId[]> {
    const alive = () => processes.filter(isAlive);
    await eventually(() => alive().length === 0, { within: ms, what: 'every process has ended' }).catch(() => undefined);
    const left = alive();
    for (const { pid } of left) signal(pid, 'SIGKILL');
    return left;
  }
}

async function sharedOrOwn(
  kind: 'postgres' | 'redis',
  choice: 'throw-away' | 'durable' | undefined,
  folder: string,
): Promise<{ url: string; own?: OwnService }> {
  const shared = process.env[kind === 'postgres' ? 'BERTH_TEST_DATABASE_URL' : 'BERTH_TEST_REDIS_URL'];
  if (choice === undefined && shared !== undefined) return { url: shared };
  const own = await ownService(kind, join(folder, 'services'), { durable: choice === 'durable' });
  return { url: own.url, own };
}

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  await redis.quit();
}

/** Starts services, migrates, starts gateways, then workers; resolves when all are ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  removeLeftovers();
  const folder = ownedFolder();
  for (const name of ['logs', 'data', 'home']) mkdirSync(join(folder, name));
  const mark = randomBytes(8).toString('hex');
  const secrets = new Canaries();
  const password = secrets.make('password');
  const [postgres, redis] = await Promise.all([
    sharedOrOwn('postgres', options.own?.postgres, folder),
    sharedOrOwn('redis', options.own?.redis, folder),
  ]);
  await emptyRedis(redis.url);
  const secret = secrets.make('secret');
  secrets.add('redis password', new URL(redis.url).password);
  secrets.add('postgres password', new URL(postgres.url).password);
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
    NODE_ENV: 'test',
    [MARK]: mark,
    HOST: '127.0.0.1',
    REDIS_URL: redis.url,
    BERTH_DATA_DIR: join(folder, 'data'),
    BERTH_SECRET: secret,
    ...LEASES,
    ...(options.flags ? { BERTH_TEST_FLAGS: options.flags.join(',') } : {}),
    ...options.env,
    ...options.envIn?.(folder),
  };
  const database = await migratedDatabase(postgres.url, secret, env);
  // The control without row-level security serves requests as the tables' owner.
  const databaseUrl = options.flags?.includes('no-rls') ? database.ownerUrl : database.appUrl;
  Object.assign(env, { DATABASE_URL: databaseUrl, BERTH_ADMIN_EMAIL: OWNER_EMAIL, BERTH_ADMIN_PASSWORD: password });
  const cluster = new Cluster(folder, mark, secrets, password, {
    env,
    workerEnv: options.workerEnv ?? (() => ({})),
    database,
    redisUrl: redis.url,
    postgres: postgres.own,
    redis: redis.own,
    metrics: options.metrics ?? false,
  });
  try {
    await Promise.all([
      ...Array.from({ length: options.gateways ?? 2 }, () => cluster.addGateway()),
      ...Array.from({ length: options.workers ?? 1 }, () => cluster.addWorker()),
    ]);
  } catch (error) {
    await cluster.close().catch(() => undefined);
    throw error;
  }
  return cluster;
}
