import { logOptions } from '@berth/telemetry';
import { pino } from 'pino';
import type { Logger } from 'pino';

/** JSON lines on stdout, written in the same turn: a line about a death is out before it. Secrets are replaced. */
export const createLogger = (service: string, level: string): Logger => pino(logOptions(service, level));
