import pg from 'pg';
import { databaseName } from '../database-roles.js';

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Somebody else created it at the same moment. */
const ALREADY_THERE = ['42P04', '23505'];
const NOT_PERMITTED = '42501';
const NO_SUCH_DATABASE = '3D000';

/** Connects as the owner; creates the database first when the server does not have it. */
export async function connectAsOwner(ownerUrl: string): Promise<pg.Client> {
  try {
    return await connect(ownerUrl);
  } catch (error) {
    if (codeOf(error) !== NO_SUCH_DATABASE) throw error;
  }
  await createDatabase(ownerUrl);
  return connect(ownerUrl);
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'berth-migrate' });
  // A connection that breaks between two statements shows itself in the next one.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function createDatabase(ownerUrl: string): Promise<void> {
  const name = databaseName(ownerUrl);
  const maintenance = new URL(ownerUrl);
  maintenance.pathname = '/postgres';
  const client = await connect(maintenance.href);
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} ENCODING 'UTF8' TEMPLATE template0`);
  } catch (error) {
    if (codeOf(error) === NOT_PERMITTED)
      throw new Error(`the database ${name} does not exist and this user may not create it: create it first`, { cause: error });
    if (!ALREADY_THERE.includes(String(codeOf(error)))) throw error;
  } finally {
    await client.end();
  }
}
