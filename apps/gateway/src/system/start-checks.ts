import { setTimeout as sleep } from 'node:timers/promises';
import { Bus } from '@berth/bus';
import { AppError } from '@berth/protocol';
import { Store } from '@berth/store';
import type { INestApplicationContext } from '@nestjs/common';
import type { Logger } from 'pino';
import { ensureFirstTenant } from '../auth/first-tenant.js';
import type { GatewayEnv } from '../env.js';
import { Health } from './health.js';

const RETRY_MS = 1_000;

/** Something is set up in a way in which a gateway must not run; the message says what to put right. */
export class SetupProblem extends Error {
  override readonly name = 'SetupProblem';
}

/**
 * Checks what must be right before anybody is served: roles, row-level security, migrations, Redis' policy. While a store is away it is tried
 * again; rejects with a {@link SetupProblem} when the gateway must not run.
 */
export async function passStartChecks(app: INestApplicationContext, env: Pick<GatewayEnv, 'admin'>, logger: Logger): Promise<void> {
  for (let told = false; ; told = true) {
    const away = await check(app, env);
    if (away === undefined) break;
    if (!told) logger.warn({ err: away }, 'a store is away; the gateway is ready when it answers');
    await sleep(RETRY_MS);
  }
  app.get(Health).started();
}

/** The error of a store that does not answer; undefined when everything is right. */
async function check(app: INestApplicationContext, env: Pick<GatewayEnv, 'admin'>): Promise<unknown> {
  const bus = app.get(Bus);
  try {
    await bus.assertNoEviction();
  } catch (error) {
    // When it answers, it is not away: then it is set up in a way that loses data.
    const there = await bus.ping().then(
      () => true,
      () => false,
    );
    if (!there) return error;
    throw new SetupProblem(error instanceof Error ? error.message : String(error));
  }
  try {
    const problems = await app.get(Store).selfCheck();
    if (problems.length > 0) throw new SetupProblem(problems.join('; '));
    if (env.admin) await ensureFirstTenant(app.get(Store), env);
  } catch (error) {
    if (error instanceof AppError && error.code === 'unavailable') return error;
    throw error;
  }
  return undefined;
}
