import { pino } from 'pino';
import type { Logger } from 'pino';
import { GuardianProcess } from './guardian-process.js';
import type { GuardianSettings, HostMessage } from './messages.js';

// Signals to our group are for the host; this process ends when the host has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Whoever reads our log may be gone before the sessions are.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

/** JSON lines as the worker's own. Of an error only what it says: drivers hang statements and their parameters on it. */
const createLogger = (level: string): Logger =>
  pino({
    level,
    base: { service: 'berth-guardian', pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: Error) => ({ type: error.name, message: error.message }) },
  });

function begin(settings: GuardianSettings): void {
  const logger = createLogger(settings.logLevel);
  const guardian = new GuardianProcess(settings, logger);
  process.on('message', (message) => guardian.receive(message as Exclude<HostMessage, { type: 'settings' }>));
  process.on('disconnect', () => void guardian.hostGone());
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'the guardian failed');
    guardian.killAll();
    process.exit(1);
  });
  process.send?.({ type: 'ready' });
}

const tooEarly = (): never => process.exit(0);
process.once('disconnect', tooEarly);
process.once('message', (message) => {
  process.off('disconnect', tooEarly);
  const first = message as HostMessage;
  if (first.type !== 'settings') throw new Error('the first message of a host gives the settings');
  begin(first.settings);
});
