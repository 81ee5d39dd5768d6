import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@berth/protocol';
import type { HostIdentity, Leases, LostRun } from '@berth/store/leases';
import type { Logger } from 'pino';

const RETRY_MS = 1_000;

export interface RegisterOptions {
  leases: Pick<Leases, 'registerHost'>;
  logger: Logger;
  name: string;
  signal: AbortSignal;
}

/** Registers this process as the host of that name; waits for a store that is away, saying so once. Rejects on any other failure, or when told to stop. */
export async function register({ leases, logger, name, signal }: RegisterOptions): Promise<HostIdentity & { lost: LostRun[] }> {
  for (let told = false; ; told = true) {
    try {
      return await leases.registerHost({ name, pid: process.pid });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
      if (!told) logger.warn('the database does not answer: waiting for it');
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}
