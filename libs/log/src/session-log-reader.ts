import type { GapReason, SessionId, TenantId } from '@berth/protocol';
import { redisKeys } from '@berth/protocol';
import type { TerminalSize } from '@berth/session';
import type { Redis } from 'ioredis';
import { idAt, toEntry } from './entries.js';
import type { EntryPlace, RawEntry } from './entries.js';
import type { LogItem, LogRange } from './log-item.js';
import { whileAvailable } from './redis-log.js';
import { Walk } from './walk.js';

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
   * Output in order, contiguous: each item begins where the one before it ended. Empty: nothing more is in the log now. Rejects with
   * `unavailable` while Redis is away.
   */
  async read(session: LoggedSession, { from, sequence, max }: LogRange): Promise<LogItem[]> {
    const items: LogItem[] = [];
    let at: EntryPlace = { offset: from, sequence: sequence ?? 0 };
    let bytes = 0;
    let segments = 0;
    let told: TerminalSize | undefined;
    while (bytes < max) {
      const spans = spansAt(session.runs, at.offset);
      const span = spans.at(-1);
      if (!span) break;
      const entryBytes = segments === 0 ? LARGE_ENTRY_BYTES : bytes / segments;
      const count = Math.min(Math.ceil((max - bytes) / entryBytes), MAX_ENTRIES);
      let found: LogItem[] = [];
      for (const each of spans) if (found.length === 0) found = await this.readRun(session, each, { at, count, told });
      const step = found.length > 0 ? found : missing(span, at.offset);
      if (step.length === 0) break;
      for (const item of step) {
        items.push(item);
        at = behind(item);
        if (item.type === 'size') told = item;
        if (item.type !== 'bytes') continue;
        bytes += item.bytes.length;
        segments += 1;
      }
    }
    return sequence === undefined && items.every(({ type }) => type === 'size') ? [] : items;
  }

  private async readRun(
    session: LoggedSession,
    span: Span,
    { at, count, told }: { at: EntryPlace; count: number; told: TerminalSize | undefined },
  ): Promise<LogItem[]> {
    const key = redisKeys.log(session.tenantId, session.sessionId, span.epoch);
    const raw = (await whileAvailable(() => this.redis.xrangeBuffer(key, `(${idAt(at)}`, '+', 'COUNT', count))) as RawEntry[];
    const walk = new Walk(at, span.readEnd, told);
    for (const entry of raw.map(toEntry)) {
      const lacks = walk.lacksBefore(entry);
      if (lacks) walk.gap(lacks.to, await this.reason(key, lacks.from));
      walk.take(entry);
    }
    return walk.items;
  }

  /** Before the oldest entry the log was trimmed, as when all of it has gone since; between two entries it was never written. */
  private async reason(key: string, at: number): Promise<GapReason> {
    const [oldest] = (await whileAvailable(() => this.redis.xrangeBuffer(key, '-', '+', 'COUNT', 1))) as RawEntry[];
    const entry = oldest && toEntry(oldest);
    const start = entry && entry.type !== 'seal' ? entry.offset : undefined;
    return start === undefined || at < start ? 'pruned' : 'unlogged';
  }
}

/** The run that goes on at an offset, behind those that ended there: each may have changed its size at its end. */
function spansAt(runs: readonly RunRange[], at: number): Span[] {
  const last = runs.findLastIndex((run) => run.base <= at);
  return runs
    .slice(0, last + 1)
    .map((run, index) => {
      const nextBase = runs[index + 1]?.base;
      return { ...run, nextBase, readEnd: run.end ?? nextBase ?? Infinity };
    })
    .filter(({ readEnd }, index) => index === last || readEnd === at);
}

/** What to say where a run has no entry: nothing while it may still come, else the range up to where the next bytes can be. */
function missing(span: Span, at: number): LogItem[] {
  if (at < span.readEnd && span.readEnd !== Infinity)
    return [{ type: 'gap', from: at, to: span.readEnd, reason: span.end === null ? 'lost' : 'pruned' }];
  if (at >= span.readEnd && span.nextBase !== undefined && at < span.nextBase)
    return [{ type: 'gap', from: at, to: span.nextBase, reason: 'lost' }];
  return [];
}

/** Where the output goes on behind an item. */
function behind(item: LogItem): EntryPlace {
  if (item.type === 'size') return item;
  return { offset: item.type === 'gap' ? item.to : item.offset + item.bytes.length, sequence: 0 };
}
