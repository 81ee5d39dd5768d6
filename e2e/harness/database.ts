import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import pg from 'pg';
import { builtProgram, ROOT } from './paths.js';

/** One fresh database on a server. */
export interface Database {
  /** For its owner, a superuser: looks behind every wall. */
  ownerUrl: string;
  /** What apps are given: no password of the owner's. */
  appUrl: string;
  /** Runs one statement as the owner, on a connection of its own. */
  query<T extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>;
  drop(): Promise<void>;
}

async function run<T extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<T>(sql, values);
    return rows;
  } finally {
    await client.end();
  }
}

/** Makes a database with the product's own migration program. */
export async function migratedDatabase(serverUrl: string, secret: string, env: Record<string, string>): Promise<Database> {
  const name = `e2e_${randomBytes(6).toString('hex')}`;
  const ownerUrl = new URL(`/${name}`, serverUrl).href;
  await promisify(execFile)(process.execPath, [builtProgram('gateway', 'migrate.js')], {
    cwd: ROOT,
    env: { ...env, DATABASE_URL: ownerUrl, BERTH_SECRET: secret },
  });
  const withoutPassword = new URL(ownerUrl);
  withoutPassword.password = '';
  return {
    ownerUrl,
    appUrl: withoutPassword.href,
    query: (sql, values) => run(ownerUrl, sql, values),
    async drop() {
      const server = new URL('/postgres', serverUrl).href;
      await run(server, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      for (const role of ['app', 'system']) await run(server, `DROP ROLE IF EXISTS "${name}_${role}_login"`);
    },
  };
}
