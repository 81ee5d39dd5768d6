import type { LoggerOptions } from 'pino';
import { redact } from './redact.js';
import { serializeError } from './serialize-error.js';
import { currentTraceId } from './trace-context.js';

/** Options of every logger: one JSON line an entry with the time in ISO format, the trace it belongs to, and secrets replaced. */
export const logOptions = (service: string, level = 'info'): LoggerOptions => ({
  level,
  base: { service, pid: process.pid },
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  serializers: { err: serializeError, error: serializeError },
  formatters: {
    level: (label) => ({ level: label }),
    log: (fields) => redact(fields) as Record<string, unknown>,
    bindings: (fields) => redact(fields) as Record<string, unknown>,
  },
  mixin: () => {
    const traceId = currentTraceId();
    return traceId === undefined ? {} : { traceId };
  },
});
