import type pg from 'pg';
import { whenConflict, whenIdempotent, withRetry } from '../retry.js';

/** One statement; `repeatable` when executing it twice changes nothing more. */
export interface LeaseStatement {
  sql: string;
  values: unknown[];
  repeatable: boolean;
}

/** One statement inside a transaction. */
export type LeaseQuery = <R extends pg.QueryResultRow>(sql: string, values: unknown[]) => Promise<R[]>;

/** Runs lease statements as the system role. */
export class LeaseDatabase {
  constructor(private readonly pool: pg.Pool) {}

  /** Rows of one statement; a repeatable one survives a dropped connection. */
  async rows<R extends pg.QueryResultRow>({ sql, values, repeatable }: LeaseStatement): Promise<R[]> {
    return withRetry(repeatable ? whenIdempotent : whenConflict, async () => (await this.pool.query<R>(sql, values)).rows);
  }

  /** Runs statements in one transaction; the whole of it must be repeatable. */
  async transaction<T>(work: (query: LeaseQuery) => Promise<T>): Promise<T> {
    return withRetry(whenIdempotent, async () => {
      const client = await this.pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(
          async <R extends pg.QueryResultRow>(sql: string, values: unknown[]) => (await client.query<R>(sql, values)).rows,
        );
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        // Closing the connection rolls back, also when it no longer answers.
        client.release(true);
        throw error;
      }
    });
  }

  async ping(): Promise<void> {
    await withRetry(
      () => false,
      () => this.pool.query('SELECT 1'),
    );
  }
}
