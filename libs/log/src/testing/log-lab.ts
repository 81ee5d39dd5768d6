import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { SessionLogReader, connectLog } from '../index.js';
import { LoggedRuns } from './logged-run.js';
import { ready, testRedisUrl } from './test-redis.js';

/** A connection to the test run's Redis for a whole file, and a session of its own for each test. */
export interface LogLab {
  readonly redis: Redis;
  readonly reader: SessionLogReader;
  readonly runs: LoggedRuns;
  /** Goes on with a session that nothing is known of. */
  anotherSession(): void;
}

/** To be called once at the top of a file. */
export function logLab(): LogLab {
  let redis: Redis;
  let reader: SessionLogReader;
  let runs: LoggedRuns;
  beforeAll(async () => {
    redis = connectLog(testRedisUrl());
    reader = new SessionLogReader(redis);
    await ready(redis);
  });
  afterAll(() => redis.disconnect());
  const anotherSession = (): void => {
    runs = new LoggedRuns();
  };
  beforeEach(anotherSession);
  return {
    get redis() {
      return redis;
    },
    get reader() {
      return reader;
    },
    get runs() {
      return runs;
    },
    anotherSession,
  };
}
