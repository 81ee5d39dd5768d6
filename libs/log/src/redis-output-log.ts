import { redisKeys } from '@berth/protocol';
import type { OutputLog, RunIdentity, SizeMark } from '@berth/session';
import { MARKS_KEPT, sequenceBase } from '@berth/session';
import type { Redis } from 'ioredis';
import { EntryCosts } from './entry-costs.js';
import { SEAL_FIELDS, dataPlace, idAt, isSeal, markFields, outputFields, placeOf, sealPlace } from './entries.js';
import type { EntryPlace, Fields, RawEntry } from './entries.js';
import { MIN_RUN_BYTES } from './log-shares.js';
import { whileAvailable } from './redis-log.js';

/** How long the log of a closed run stays readable, in seconds; the recording is the long memory. */
export const CLOSED_LOG_SECONDS = 24 * 60 * 60;

/** Writes one run's log. */
export interface RunAppender extends OutputLog {
  /** Gives up what is above the run's budget, as each append does; undefined when nothing is. Rejects with `unavailable` while Redis is away. */
  trim(): Promise<void> | undefined;
  /** Memory in Redis that the output behind `offset` takes; compares with the run's budget. Bytes. */
  costFrom(offset: number): number;
}

/** One of this version, and one of an earlier version, whose seals had another place. */
const MOST_SEALS = 2;

const keyOf = (run: RunIdentity): string => redisKeys.log(run.tenantId, run.sessionId, run.epoch);
/** A run's checkpoint goes with its log. */
const screenKeyOf = (run: RunIdentity): string => redisKeys.screen(run.tenantId, run.sessionId, run.epoch);

/** Where a run's output goes, what it costs there, and how much of it stays. */
interface Target {
  key: string;
  costs: EntryCosts;
  budget(): number;
  keepFrom(): number;
}

interface NewEntry {
  place: EntryPlace;
  fields: Fields;
  /** Of output; undefined for an entry that takes the place of another one. */
  bytes: number | undefined;
}

/** Where the log is to begin when an entry of so many bytes comes. */
const startOf = ({ costs, budget, keepFrom }: Target, coming?: number): number =>
  Math.max(costs.start, Math.min(costs.startOf(budget(), coming), keepFrom()));

/** Leaves the marks at `start`, and no output up to it. */
const oldestId = (start: number): string => idAt({ offset: start, sequence: start === 0 ? 0 : 1 });

const isOutOfOrder = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ReplyError' && error.message.includes('equal or smaller');

/** Writing side of the output log: one Redis stream a run, entry id = end offset. */
export class RedisOutputLog {
  #appended = 0;

  /**
   * `budgetOf`: how much of Redis' memory the output of a run may take now; trimmed by whole entries, so a little more may stay. Those who
   * append nothing need none.
   */
  constructor(
    private readonly redis: Redis,
    private readonly budgetOf: (run: RunIdentity) => number = () => MIN_RUN_BYTES,
  ) {}

  /** Entries that this process has written so far: while it stays the same, none of its logs has grown. */
  get appended(): number {
    return this.#appended;
  }

  /** A run's one appender: it knows what its entries cost. `keepFrom`: output from that offset on is kept beyond the budget; asked at each append. */
  appender(run: RunIdentity, keepFrom: () => number = () => Infinity): RunAppender {
    const target: Target = { key: keyOf(run), costs: new EntryCosts(), budget: () => this.budgetOf(run), keepFrom };
    return {
      append: (end, bytes, size) => this.append(target, { place: dataPlace(end), fields: outputFields(bytes, size), bytes: bytes.length }),
      mark: (mark) => this.mark(target, mark, sequenceBase(run.epoch)),
      trim: () => this.trim(target),
      costFrom: (offset) => target.costs.from(offset),
    };
  }

  /**
   * Ends the log of a lost run: from here on Redis refuses every append of its old owner, because their ids are smaller than the
   * seal's. Returns the offset behind the last byte that the log knows of, `base` when there is none. Sealing again changes nothing.
   */
  async seal(run: RunIdentity, range: { base: number; limit: number }): Promise<number> {
    const key = keyOf(run);
    return whileAvailable(async () => {
      await this.redis.xadd(key, idAt(sealPlace(range.limit)), ...SEAL_FIELDS).catch((error: unknown) => {
        if (!isOutOfOrder(error)) throw error;
      });
      const newest = (await this.redis.xrevrangeBuffer(key, '+', '-', 'COUNT', MOST_SEALS + 1)) as RawEntry[];
      await this.expireNow(run);
      const last = newest.find((entry) => !isSeal(entry));
      return last ? placeOf(last).offset : range.base;
    });
  }

  /** Lets the log of a closed run go after {@link CLOSED_LOG_SECONDS}. */
  async expire(run: RunIdentity): Promise<void> {
    await whileAvailable(() => this.expireNow(run));
  }

  /**
   * Deletes the output of a run and its screen. The empty stream stays for {@link CLOSED_LOG_SECONDS}: it still knows its last id, so that what a host had
   * under way does not bring the log back.
   */
  async remove(run: RunIdentity): Promise<void> {
    const key = keyOf(run);
    await whileAvailable(async () => {
      await this.redis.xtrim(key, 'MAXLEN', 0);
      await this.redis.expire(key, CLOSED_LOG_SECONDS);
      // Behind the log: a checkpoint is stored beside output alone.
      await this.redis.del(screenKeyOf(run));
    });
  }

  private async expireNow(run: RunIdentity): Promise<void> {
    await this.redis.expire(keyOf(run), CLOSED_LOG_SECONDS);
    await this.redis.expire(screenKeyOf(run), CLOSED_LOG_SECONDS);
  }

  private trim(target: Target): Promise<void> | undefined {
    const start = startOf(target);
    return start === target.costs.start ? undefined : this.trimTo(target, start);
  }

  private async trimTo(target: Target, start: number): Promise<void> {
    await whileAvailable(() => this.redis.xtrim(target.key, 'MINID', '~', oldestId(start)));
    target.costs.trimmedTo(start);
  }

  private async append(target: Target, entry: NewEntry): Promise<'ok' | 'fenced'> {
    const start = startOf(target, entry.bytes);
    const result = await this.add(target.key, oldestId(start), entry);
    if (result === 'fenced') return result;
    this.#appended += 1;
    target.costs.trimmedTo(start);
    if (entry.bytes !== undefined) target.costs.add(entry.place.offset, entry.bytes);
    return result;
  }

  private async add(key: string, oldest: string, { place, fields }: NewEntry): Promise<'ok' | 'fenced'> {
    return whileAvailable(async () => {
      try {
        await this.redis.xadd(key, 'MINID', '~', oldest, idAt(place), ...fields);
        return 'ok';
      } catch (error) {
        if (!isOutOfOrder(error)) throw error;
        return this.outOfOrder(key, place);
      }
    });
  }

  /** Drops the oldest marks at the same offset only once the new one has been taken: a run that is somebody else's changes nothing. */
  private async mark(target: Target, mark: SizeMark, base: number): Promise<'ok' | 'fenced'> {
    const { key } = target;
    const { offset, sequence } = mark;
    const room = sequence - base <= MARKS_KEPT;
    const result = await this.append(target, { place: mark, fields: markFields(mark), bytes: room ? 0 : undefined });
    if (result === 'fenced' || room) return result;
    const [first, last] = [idAt({ offset, sequence: base + 1 }), idAt({ offset, sequence: sequence - MARKS_KEPT })];
    await whileAvailable(async () => {
      const old = (await this.redis.xrangeBuffer(key, first, last)) as RawEntry[];
      if (old.length > 0) await this.redis.xdel(key, ...old.map(([id]) => id));
    });
    return result;
  }

  /**
   * Why an append is out of order. Nobody else appends to a run, so the newest entry tells: one at that place or behind it means that the
   * answer to an earlier attempt was lost; a seal, or nothing at all, that the run is somebody else's.
   */
  private async outOfOrder(key: string, { offset, sequence }: EntryPlace): Promise<'ok' | 'fenced'> {
    const [newest] = (await this.redis.xrevrangeBuffer(key, '+', '-', 'COUNT', 1)) as RawEntry[];
    if (!newest || isSeal(newest)) return 'fenced';
    const stored = placeOf(newest);
    return stored.offset > offset || (stored.offset === offset && stored.sequence >= sequence) ? 'ok' : 'fenced';
  }
}
