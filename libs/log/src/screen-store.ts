import { redisKeys } from '@berth/protocol';
import type { RunIdentity } from '@berth/session';
import type { Redis } from 'ioredis';
import { whileAvailable } from './redis-log.js';
import { SAVE_SCREEN } from './save-screen-script.js';
import type { LoggedSession, RunRange } from './session-log-reader.js';

/**
 * A session's screen at an offset. A terminal of `cols` x `rows` that is given `serialized` and then the output from `offset` on is equal to one that
 * has seen everything, but for what `losses` names.
 */
export interface StoredScreen {
  offset: number;
  cols: number;
  rows: number;
  /** Terminal output; begins with a reset. */
  serialized: Uint8Array;
  losses: readonly string[];
}

const FIELDS = ['offset', 'cols', 'rows', 'losses', 'serialized'] as const;

/** The newest checkpoint of each run, in Redis beside the run's log, and gone with it. Rejects with `unavailable` while Redis is away. */
export class ScreenStore {
  constructor(private readonly redis: Redis) {}

  /** Keeps the checkpoint instead of older ones of this run; without output in the run's log, as after a deletion, it keeps nothing. */
  async save(run: RunIdentity, { offset, cols, rows, serialized, losses }: StoredScreen): Promise<void> {
    const { tenantId, sessionId, epoch } = run;
    const keys = [redisKeys.screen(tenantId, sessionId, epoch), redisKeys.log(tenantId, sessionId, epoch)];
    const bytes = Buffer.from(serialized.buffer, serialized.byteOffset, serialized.byteLength);
    await whileAvailable(() => this.redis.eval(SAVE_SCREEN, keys.length, ...keys, offset, cols, rows, losses.join(' '), bytes));
  }

  /** Newest checkpoint of the session, looking at its runs from the last to the first; undefined when there is none. */
  async newest(session: LoggedSession): Promise<StoredScreen | undefined> {
    for (let i = session.runs.length - 1; i >= 0; i--) {
      const run = session.runs[i] as RunRange;
      const key = redisKeys.screen(session.tenantId, session.sessionId, run.epoch);
      const screen = toScreen(await whileAvailable(() => this.redis.hmgetBuffer(key, ...FIELDS)));
      const end = run.end ?? session.runs[i + 1]?.base ?? Infinity;
      // What lies outside of the run was not written by its owner.
      if (screen && screen.offset >= run.base && screen.offset <= end) return screen;
    }
    return undefined;
  }
}

function toScreen([offset, cols, rows, losses, serialized]: (Buffer | null | undefined)[]): StoredScreen | undefined {
  if (!offset || !cols || !rows || !losses || !serialized) return undefined;
  const [at, width, height] = [offset, cols, rows].map(Number) as [number, number, number];
  return { offset: at, cols: width, rows: height, serialized, losses: losses.toString().split(' ').filter(Boolean) };
}
