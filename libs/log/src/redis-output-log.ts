import { redisKeys } from '@berth/protocol';
import type { OutputLog, RunIdentity } from '@berth/session';
import type { Redis } from 'ioredis';
import { DATA_FIELD, SEAL_FIELD, dataId, endOf, sealId } from './entries.js';
import type { RawEntry } from './entries.js';
import { whileAvailable } from './redis-log.js';

/** How long the log of a closed run stays readable, in seconds; the recording is the long memory. */
const CLOSED_LOG_SECONDS = 24 * 60 * 60;

const keyOf = (run: RunIdentity): string => redisKeys.log(run.tenantId, run.sessionId, run.epoch);

const isOutOfOrder = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ReplyError' && error.message.includes('equal or smaller');

/** Writing side of the output log: one Redis stream a run, entry id = end offset. */
export class RedisOutputLog {
  /** `budgetBytes`: how much of a run's output is kept; trimmed by whole entries, so a little more may stay. */
  constructor(
    private readonly redis: Redis,
    private readonly budgetBytes: number,
  ) {}

  appender(run: RunIdentity): OutputLog {
    const key = keyOf(run);
    return { append: (end, bytes) => this.append(key, end, bytes) };
  }

  /**
   * Ends the log of a lost run: from here on Redis refuses every append of its old owner, because their ids are smaller than the
   * seal's. Returns the offset behind the last byte that is in the log, `base` when there is none. Sealing again changes nothing.
   */
  async seal(run: RunIdentity, range: { base: number; limit: number }): Promise<number> {
    const key = keyOf(run);
    return whileAvailable(async () => {
      await this.redis.xadd(key, sealId(range.limit), SEAL_FIELD, '').catch((error: unknown) => {
        if (!isOutOfOrder(error)) throw error;
      });
      const newest = (await this.redis.xrevrangeBuffer(key, '+', '-', 'COUNT', 2)) as RawEntry[];
      await this.redis.expire(key, CLOSED_LOG_SECONDS);
      return newest.map(endOf).find((end) => end !== undefined) ?? range.base;
    });
  }

  /** Lets the log of a closed run go after {@link CLOSED_LOG_SECONDS}. */
  async expire(run: RunIdentity): Promise<void> {
    await whileAvailable(() => this.redis.expire(keyOf(run), CLOSED_LOG_SECONDS));
  }

  /**
   * Deletes the output of a run. The empty stream stays for {@link CLOSED_LOG_SECONDS}: it still knows its last id, so that what a host had
   * under way does not bring the log back.
   */
  async remove(run: RunIdentity): Promise<void> {
    const key = keyOf(run);
    await whileAvailable(async () => {
      await this.redis.xtrim(key, 'MAXLEN', 0);
      await this.redis.expire(key, CLOSED_LOG_SECONDS);
    });
  }

  private async append(key: string, end: number, bytes: Uint8Array): Promise<'ok' | 'fenced'> {
    const oldest = dataId(Math.max(0, end - this.budgetBytes));
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return whileAvailable(async () => {
      try {
        await this.redis.xadd(key, 'MINID', '~', oldest, dataId(end), DATA_FIELD, data);
        return 'ok';
      } catch (error) {
        if (!isOutOfOrder(error)) throw error;
        return this.outOfOrder(key, end);
      }
    });
  }

  /**
   * Why an append is out of order. Nobody else appends to a run, so the newest entry tells: output up to there means that the answer to an
   * earlier attempt was lost; a seal, or nothing at all, that the run is somebody else's.
   */
  private async outOfOrder(key: string, end: number): Promise<'ok' | 'fenced'> {
    const [newest] = (await this.redis.xrevrangeBuffer(key, '+', '-', 'COUNT', 1)) as RawEntry[];
    const stored = newest && endOf(newest);
    return stored !== undefined && stored >= end ? 'ok' : 'fenced';
  }
}
