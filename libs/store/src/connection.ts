import pg from 'pg';

/** Most time for one statement in the database; what takes longer is stuck behind a lock or a lost disk. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** The client's own limit, for a server that does not answer at all. `> STATEMENT_TIMEOUT_MS`, so that a living server speaks first. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;
/** A transaction that is left open, for example by a process stopped in the middle, is ended by the server. */
const IDLE_TRANSACTION_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_CONNECTION_MS = 30_000;
/** First probe of a silent connection: finds a server that vanished without a word. */
const KEEP_ALIVE_AFTER_MS = 10_000;

export interface PoolOptions {
  url: string;
  /** Most connections. */
  size: number;
  /** Shown in pg_stat_activity. */
  name: string;
  /** Told about idle connections that broke; they are replaced by themselves. */
  onError: (error: Error) => void;
  /** How long an answer may take before the connection is given up. */
  answerTimeoutMs?: number;
}

/** A pool whose every wait has an end. */
export function createPool({ url, size, name, onError, answerTimeoutMs = ANSWER_TIMEOUT_MS }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    application_name: name,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: answerTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  });
  pool.on('error', onError);
  // The pool's clients are whole clients, whatever their type says.
  pool.on('connect', (client) => giveUpOnSilence(client as unknown as pg.Client));
  return pool;
}

/**
 * Ends a connection on which an answer did not come in time: a server that vanished without a word, as after a failover. The driver only fails the
 * query, and the silent connection would go back to the pool for the next caller.
 */
function giveUpOnSilence(client: pg.Client): void {
  const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
  const watched = (...parameters: unknown[]): unknown => {
    const answer = query(...parameters);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        if (error instanceof Error && error.message === 'Query read timeout') void client.end().catch(() => {});
      });
    }
    return answer;
  };
  Object.assign(client, { query: watched });
}
