import type { WorkerEnv } from '../env.js';
import type { GuardianSettings } from '../guardian/messages.js';

/** What of the worker's settings its guardian needs. */
export const guardianSettings = ({ databaseUrl, redisUrl, secret, flags, logLevel, lease }: WorkerEnv): GuardianSettings => ({
  databaseUrl,
  redisUrl,
  secret,
  flags: [...flags],
  logLevel,
  ...lease,
});
