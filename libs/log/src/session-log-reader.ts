import type { GapReason, SessionId, TenantId } from '@berth/protocol';
import { redisKeys } from '@berth/protocol';
import type { Redis } from 'ioredis';
import { dataId, toSegment } from './entries.js';
import type { LogSegment, RawEntry } from './entries.js';
import { whileAvailable } from './redis-log.js';

/** Offsets of one run of a session; `end` null: it lives, or nobody has recorded yet where its log ends. */
export interface RunRange {
  epoch: number;
  base: number;
  end: number | null;
}

/** A session and its runs, oldest first. */
export interface LoggedSession {
  tenantId: TenantId;
  sessionId: SessionId;
  runs: readonly RunRange[];
}

/** Output in order: bytes, or the exact range that cannot be had. */
export type LogItem = { type: 'bytes'; offset: number; bytes: Buffer } | { type: 'gap'; from: number; to: number; reason: GapReason };

/** Size of an entry of busy output: what is assumed of the first ones. */
const LARGE_ENTRY_BYTES = 64 * 1024;
/** Most entries of one fetch: keystrokes make entries of a few bytes. */
const MAX_ENTRIES = 1_024;

interface Span extends RunRange {
  /** Nothing of this run is read at or past it: its end, else the next run's base; Infinity for a live run. */
  readEnd: number;
  /** Where the next run begins; undefined for the last run. */
  nextBase: number | undefined;
}

/** Reading side of the output log: walks the runs of a session and says exactly what is missing. */
export class SessionLogReader {
  constructor(private readonly redis: Redis) {}

  /**
   * Output from `from` on, about `max` bytes (the last entry is given whole). Contiguous: each item begins where the one before it ended.
   * Empty: nothing more is in the log now. Rejects with `unavailable` while Redis is away.
   */
  async read(session: LoggedSession, { from, max }: { from: number; max: number }): Promise<LogItem[]> {
    const items: LogItem[] = [];
    let at = from;
    let bytes = 0;
    let segments = 0;
    while (bytes < max) {
      const span = spanAt(session.runs, at);
      if (!span) break;
      const entryBytes = segments === 0 ? LARGE_ENTRY_BYTES : bytes / segments;
      const count = Math.min(Math.ceil((max - bytes) / entryBytes), MAX_ENTRIES);
      const found = at < span.readEnd ? await this.readRun(session, span, { from: at, count }) : [];
      const step = found.length > 0 ? found : missing(span, at);
      if (step.length === 0) break;
      for (const item of step) {
        items.push(item);
        at = item.type === 'gap' ? item.to : item.offset + item.bytes.length;
        if (item.type === 'gap') continue;
        bytes += item.bytes.length;
        segments += 1;
      }
    }
    return items;
  }

  private async readRun(session: LoggedSession, span: Span, { from, count }: { from: number; count: number }): Promise<LogItem[]> {
    const key = redisKeys.log(session.tenantId, session.sessionId, span.epoch);
    const entries = (await whileAvailable(() => this.redis.xrangeBuffer(key, `(${dataId(from)}`, '+', 'COUNT', count))) as RawEntry[];
    const items: LogItem[] = [];
    let at = from;
    for (const entry of entries) {
      const segment = clip(toSegment(entry), at, span.readEnd);
      if (!segment) continue;
      if (segment.offset > at) items.push({ type: 'gap', from: at, to: segment.offset, reason: await this.reason(key, at) });
      items.push({ type: 'bytes', ...segment });
      at = segment.offset + segment.bytes.length;
    }
    return items;
  }

  /** Before the oldest entry the log was trimmed; between two entries it was never written. */
  private async reason(key: string, at: number): Promise<GapReason> {
    const [oldest] = (await whileAvailable(() => this.redis.xrangeBuffer(key, '-', '+', 'COUNT', 1))) as RawEntry[];
    const start = oldest && toSegment(oldest)?.offset;
    return start !== undefined && at < start ? 'pruned' : 'unlogged';
  }
}

function spanAt(runs: readonly RunRange[], at: number): Span | undefined {
  const index = runs.findLastIndex((run) => run.base <= at);
  const run = runs[index];
  if (!run) return undefined;
  const nextBase = runs[index + 1]?.base;
  return { ...run, nextBase, readEnd: run.end ?? nextBase ?? Infinity };
}

/** What to say where a run has no entry: nothing while it may still come, else the range up to where the next bytes can be. */
function missing(span: Span, at: number): LogItem[] {
  if (at < span.readEnd && span.readEnd !== Infinity)
    return [{ type: 'gap', from: at, to: span.readEnd, reason: span.end === null ? 'lost' : 'pruned' }];
  if (at >= span.readEnd && span.nextBase !== undefined && at < span.nextBase)
    return [{ type: 'gap', from: at, to: span.nextBase, reason: 'lost' }];
  return [];
}

/** The part of a segment within `[from, end)`; undefined when nothing is left of it. */
function clip(segment: LogSegment | undefined, from: number, end: number): LogSegment | undefined {
  if (!segment) return undefined;
  const start = Math.max(segment.offset, from);
  const stop = Math.min(segment.offset + segment.bytes.length, end);
  if (stop <= start) return undefined;
  return { offset: start, bytes: segment.bytes.subarray(start - segment.offset, stop - segment.offset) };
}
