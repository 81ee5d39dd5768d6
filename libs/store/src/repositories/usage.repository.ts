import type { UsageRow } from '@berth/protocol';
import type { Transaction } from '../transactor.js';

/** Days as `YYYY-MM-DD`, UTC, both included; without `from` the last 30 days until `to`, without `to` until today. */
export interface UsagePeriod {
  from?: string | undefined;
  to?: string | undefined;
}

interface SumRow {
  day: string;
  model: string;
  requests: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  cache_read_tokens: bigint;
  cache_write_tokens: bigint;
}

/** What one tenant has used, its deleted sessions included. */
export class UsageRepository {
  constructor(private readonly tx: Transaction) {}

  /** Sums by day and model, latest day first. */
  async list({ from, to }: UsagePeriod): Promise<UsageRow[]> {
    const rows = await this.tx.$queryRaw<SumRow[]>`
      WITH period AS (
        SELECT coalesce(${to ?? null}::date, (clock_timestamp() AT TIME ZONE 'UTC')::date) AS last_day
      )
      SELECT day::text, model, sum(requests)::bigint AS requests, sum(input_tokens)::bigint AS input_tokens, sum(output_tokens)::bigint AS output_tokens,
        sum(cache_read_tokens)::bigint AS cache_read_tokens, sum(cache_write_tokens)::bigint AS cache_write_tokens
      FROM usage, period
      WHERE day BETWEEN coalesce(${from ?? null}::date, last_day - 29) AND last_day
      GROUP BY day, model ORDER BY day DESC, model`;
    return rows.map((row) => ({
      day: row.day,
      model: row.model,
      requests: Number(row.requests),
      inputTokens: Number(row.input_tokens),
      outputTokens: Number(row.output_tokens),
      cacheReadTokens: Number(row.cache_read_tokens),
      cacheWriteTokens: Number(row.cache_write_tokens),
    }));
  }
}
