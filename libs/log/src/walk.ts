import type { GapReason } from '@berth/protocol';
import type { TerminalSize } from '@berth/session';
import type { EntryPlace, LogEntry } from './entries.js';
import type { LogItem } from './log-item.js';

/** Turns the entries of one run, in their order, into what a reader is told. */
export class Walk {
  readonly items: LogItem[] = [];

  /** `at`: where the reader stands. `end`: nothing at or past it is read, but for changes of size. `told`: the size that the reader knows. */
  constructor(
    private at: EntryPlace,
    private readonly end: number,
    private told: TerminalSize | undefined,
  ) {}

  /** What is missing between here and an entry. */
  lacksBefore(entry: LogEntry | undefined): { from: number; to: number } | undefined {
    if (!entry || entry.type === 'seal' || entry.offset > this.end || entry.offset <= this.at.offset) return undefined;
    return entry.type === 'output' && entry.offset >= this.end ? undefined : { from: this.at.offset, to: entry.offset };
  }

  gap(to: number, reason: GapReason): void {
    this.items.push({ type: 'gap', from: this.at.offset, to, reason });
    this.at = { offset: to, sequence: 0 };
  }

  take(entry: LogEntry | undefined): void {
    if (entry?.type === 'output') this.output(entry);
    else if (entry?.type === 'mark') this.mark(entry);
  }

  /** The part of an entry that has not been read, at its size. */
  private output({ offset, bytes, size }: Extract<LogEntry, { type: 'output' }>): void {
    const start = Math.max(offset, this.at.offset);
    const stop = Math.min(offset + bytes.length, this.end);
    if (stop <= start) return;
    if (size) this.size(size);
    this.items.push({ type: 'bytes', offset: start, bytes: bytes.subarray(start - offset, stop - offset) });
    this.at = { offset: stop, sequence: 0 };
  }

  private mark({ offset, sequence, before, cols, rows }: Extract<LogEntry, { type: 'mark' }>): void {
    if (offset > this.end || offset !== this.at.offset || sequence <= this.at.sequence) return;
    this.size(before);
    this.at = { offset, sequence };
    this.told = { cols, rows };
    this.items.push({ type: 'size', offset, sequence, cols, rows });
  }

  /** The size here, if the reader does not know it. */
  private size({ cols, rows }: TerminalSize): void {
    if (this.told?.cols === cols && this.told.rows === rows) return;
    this.told = { cols, rows };
    this.items.push({ type: 'size', ...this.at, cols, rows });
  }
}
