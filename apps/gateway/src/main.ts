import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { orExit } from '@berth/env';
import { logOptions, stopTelemetry } from '@berth/telemetry';
import { pino } from 'pino';
import { readGatewayEnv } from './env.js';
import { Gateway } from './gateway.js';
import { Health } from './system/health.js';
import { passStartChecks, SetupProblem } from './system/start-checks.js';

/** Balancers ask for readiness every few seconds at most; until they know, requests still come and are answered. */
const NOTICE_MS = 2_000;
/** A store that is away must not keep a drained gateway. */
const CLOSE_MS = 6_000;
/** Why an address cannot be listened on, as far as people can do something about it. */
const LISTEN_PROBLEMS: Record<string, string> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'needs more rights',
  EADDRNOTAVAIL: 'is not on this machine',
};

const env = orExit(readGatewayEnv);
const logger = pino(logOptions('berth-gateway', env.logLevel));
// Whoever reads our log may go first, for example a supervisor that was killed: that must not end a drain.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
for (const flag of env.flags) logger.warn({ flag }, 'a test flag is set: this gateway breaks its promises');

function fail(error: unknown): never {
  logger.fatal({ err: error }, 'the gateway failed');
  process.exit(1);
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

/** What people can put right is one line. */
function cannotStart(reason: string): never {
  logger.fatal(`the gateway cannot start: ${reason}`);
  process.exit(1);
}

const gateway = await Gateway.create(env, logger);

let leaving = false;
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  gateway.app.get(Health).drain();
  await Promise.all([gateway.drain(NOTICE_MS), sleep(NOTICE_MS)]);
  await Promise.race([gateway.close(), sleep(CLOSE_MS)]);
  await stopTelemetry();
  logger.info('drained');
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void leave());
// The supervisor is gone: nobody would restart or end us.
process.on('disconnect', () => void leave());

try {
  const port = await gateway.listen();
  await passStartChecks(gateway.app, env, logger);
  process.send?.({ type: 'ready', port });
  logger.info({ port }, 'ready');
} catch (error) {
  if (error instanceof SetupProblem) cannotStart(error.message);
  const problem = error instanceof Error && 'code' in error ? LISTEN_PROBLEMS[String(error.code)] : undefined;
  if (problem !== undefined) cannotStart(`port ${String(env.listen.port)} on ${env.listen.host} ${problem}; set PORT and HOST`);
  fail(error);
}
