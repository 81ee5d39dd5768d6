import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { stopTelemetry } from '@berth/telemetry';
import { Logger } from 'nestjs-pino';
import { readWorkerEnv } from './env.js';
import { NameTaken } from './incarnation/take-name.js';
import { createLogger } from './logger.js';

import { Worker } from './worker.js';
import { workerModule } from './worker.module.js';

/** A database that is away must not keep a drained worker. */
const CLOSE_MS = 1_000;

const env = readWorkerEnv();
const logger = createLogger('berth-worker', env.logLevel);
// Whoever reads our log may go first, for example a supervisor that was killed: that must not end a drain.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
for (const flag of env.flags) logger.warn({ flag }, 'a test flag is set: this worker breaks its promises');

const app = await NestFactory.createApplicationContext(workerModule(env, logger), { bufferLogs: true });
app.useLogger(app.get(Logger));
const worker = app.get(Worker);

function fail(error: unknown): never {
  worker.killAll();
  logger.fatal({ err: error }, 'the worker failed');
  process.exit(1);
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

let leaving = false;
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  await worker.drain();
  await Promise.race([app.close(), sleep(CLOSE_MS)]);
  await stopTelemetry();
  logger.info('drained');
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void leave());
// The supervisor is gone: nobody would restart or end us.
process.on('disconnect', () => void leave());

try {
  const ready = await worker.start();
  process.send?.({ type: 'ready', ...ready });
  logger.info(ready, 'ready');
} catch (error) {
  if (leaving) process.exit(0);
  if (error instanceof NameTaken) logger.fatal(error.message);
  else logger.fatal({ err: error }, `the worker cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
