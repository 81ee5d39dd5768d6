import { Bus, openBus } from '@berth/bus';
import { LogKeeper, RedisOutputLog, connectLog } from '@berth/log';
import { openLeases } from '@berth/store/leases';
import type { Leases } from '@berth/store/leases';
import { Inject } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import type { WorkerEnv } from './env.js';
import { Worker } from './worker.js';

const LEASES = Symbol('leases');
const LOG_CONNECTION = Symbol('log connection');

/** Owns the connections of a worker. */
class WorkerModule implements OnApplicationShutdown {
  constructor(
    @Inject(LEASES) private readonly leases: Leases,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(LOG_CONNECTION) private readonly logConnection: ReturnType<typeof connectLog>,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.bus.close();
    this.logConnection.disconnect();
    await this.leases.close();
  }
}

/** Puts the adapters together; nothing is started here. */
export function workerModule(env: WorkerEnv, logger: Logger): DynamicModule {
  const { databaseUrl, redisUrl, secret, flags } = env;
  const onError = (error: Error): void => logger.debug({ err: error }, 'a connection broke');
  return {
    module: WorkerModule,
    imports: [LoggerModule.forRoot({ pinoHttp: { logger } })],
    providers: [
      { provide: LEASES, useFactory: () => openLeases({ databaseUrl, secret, flags, onError }) },
      { provide: Bus, useFactory: () => openBus({ redisUrl, flags, onError }) },
      { provide: LOG_CONNECTION, useFactory: () => connectLog(redisUrl) },
      {
        provide: LogKeeper,
        inject: [LOG_CONNECTION],
        useFactory: (connection: ReturnType<typeof connectLog>) => new LogKeeper(connection, env.log),
      },
      {
        provide: RedisOutputLog,
        inject: [LOG_CONNECTION, LogKeeper],
        useFactory: (connection: ReturnType<typeof connectLog>, keeper: LogKeeper) =>
          new RedisOutputLog(connection, (run) => keeper.budgetOf(run)),
      },
      {
        provide: Worker,
        inject: [LEASES, Bus, RedisOutputLog, LogKeeper],
        useFactory: (leases: Leases, bus: Bus, log: RedisOutputLog, keeper: LogKeeper) =>
          new Worker({ env, logger, leases, bus, log, keeper }),
      },
    ],
  };
}
