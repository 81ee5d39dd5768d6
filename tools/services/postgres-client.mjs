import pg from 'pg';
import { addressOf } from '../lib/secrets.mjs';
import { ToolError } from '../lib/tool-error.mjs';

const CONNECT_MS = 5000;
const SERVING_MS = 60_000;
const RETRY_MS = 50;
/** Postgres' codes for "not yet": starting up, and going down before it comes back. */
const NOT_YET = new Set(['ECONNREFUSED', 'ECONNRESET', '57P03', '57P01']);
const NO_DATABASE = '3D000';

async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  // A connection that breaks while idle is reported by the statement that follows.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Waits until queries are served (the port opens before that); false when the child ended instead. */
export async function waitUntilServing(url, child, stop) {
  let ended = false;
  void child.exited.then(() => (ended = true));
  for (const end = Date.now() + SERVING_MS; ;) {
    try {
      await withClient(url, (client) => client.query('SELECT 1'));
      return true;
    } catch (error) {
      if (ended) return false;
      if (!NOT_YET.has(error.code)) throw new ToolError(`the embedded Postgres refuses us: ${error.message}`);
      if (Date.now() > end) throw new ToolError(`Postgres did not accept queries within ${SERVING_MS / 1000} s`);
    }
    await stop.sleep(RETRY_MS);
  }
}

/** Makes the database unless it exists; `url` names it, the maintenance database beside it is used to look. */
export async function createDatabase(url, name) {
  await withClient(new URL('/postgres', url).href, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}

/** Throws the one line that says why the given DATABASE_URL cannot be used. */
export async function requirePostgres(url) {
  let address;
  try {
    address = addressOf(url, 5432);
  } catch {
    throw new ToolError('DATABASE_URL is not a URL: it should look like postgres://user:password@host:5432/database');
  }
  try {
    await withClient(url, (client) => client.query('SELECT 1'));
  } catch (error) {
    // The server is there and lets us in; migrating makes the database.
    if (error.code === NO_DATABASE) return;
    const reason = (error.errors?.[0]?.message ?? error.message).split('\n')[0];
    throw new ToolError(`cannot use DATABASE_URL (${address}): ${reason}; unset it to use the embedded Postgres`);
  }
}
