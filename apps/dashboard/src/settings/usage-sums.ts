import type { UsageRow } from '@berth/protocol';

/** Numbers of one or more rows, added up. */
export interface UsageSum {
  requests: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

export interface UsageDay {
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  sum: UsageSum;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function sumOf(rows: readonly UsageSum[]): UsageSum {
  const sum: UsageSum = { requests: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  for (const row of rows) for (const key of Object.keys(sum) as (keyof UsageSum)[]) sum[key] += row[key];
  return sum;
}

/** Tokens that went in and came out; what a cache read is no new work. */
export const workTokens = ({ inputTokens, outputTokens, cacheWriteTokens }: UsageSum): number =>
  inputTokens + outputTokens + cacheWriteTokens;

/** The `days` days that end with `today` (a time in milliseconds), oldest first, also those without use. */
export function byDay(rows: readonly UsageRow[], today: number, days: number): UsageDay[] {
  return Array.from({ length: days }, (_, at) => {
    const day = new Date(today - (days - 1 - at) * DAY_MS).toISOString().slice(0, 10);
    return { day, sum: sumOf(rows.filter((row) => row.day === day)) };
  });
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A number of tokens, short enough for a table: 1.2K, 3.4M. */
export const short = (count: number): string => compact.format(count);
