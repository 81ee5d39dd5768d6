import { constants, setPriority } from 'node:os';
import { connectLog, ScreenStore, SessionLogReader } from '@berth/log';
import type { ChildMessage, ParentMessage } from '../messages.js';
import { FoldJobs } from './fold-jobs.js';

/** How often the parent hears that its jobs come further; far below what it waits for. */
const PROGRESS_MS = 250;

// Signals to our group are for the parent; this process ends when the parent has, whatever it is doing.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));

const send = (message: ChildMessage): void => {
  if (process.connected) process.send?.(message, () => undefined);
};

/** A connection that is not made yet fails every command: the first job would be refused for nothing. */
const tried = (redis: ReturnType<typeof connectLog>): Promise<void> =>
  new Promise((resolve) => {
    redis.once('ready', resolve);
    redis.once('close', resolve);
  });

function begin(redisUrl: string): void {
  const redis = connectLog(redisUrl);
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  // Screens of the past must not slow what is typed now. Not the lowest: on a machine whose cores are all taken that gets no time at all, and programs
  // wait for us; and not before the start, which costs more than most folds.
  const connected = tried(redis).then(() => setPriority(constants.priority.PRIORITY_BELOW_NORMAL));
  const sources = { connected, reader: new SessionLogReader(redis), screens: new ScreenStore(redis) };
  const jobs = new FoldJobs({ ...sources, cpuMs, send });
  setInterval(() => jobs.tellProgress(), PROGRESS_MS);
  process.on('message', (message) => {
    const request = message as ParentMessage;
    if (request.type === 'screen' || request.type === 'fold') void jobs.take(request);
    else if (request.type === 'cancel') jobs.cancel(request.job);
  });
}

process.once('message', (message) => {
  const first = message as ParentMessage;
  if (first.type !== 'settings') throw new Error('the first message of a parent gives the settings');
  begin(first.redisUrl);
});
