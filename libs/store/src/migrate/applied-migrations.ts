import type pg from 'pg';
import type { MigrationFile } from './migration-files.js';

/** One row of Prisma's own record. */
export interface AppliedMigration {
  name: string;
  checksum: string;
  finished: boolean;
}

/** The table that Prisma's tools keep, so that they and this runner can follow each other. */
const CREATE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" varchar(36) NOT NULL PRIMARY KEY, "checksum" varchar(64) NOT NULL, "finished_at" timestamptz, "migration_name" varchar(255) NOT NULL,
  "logs" text, "rolled_back_at" timestamptz, "started_at" timestamptz NOT NULL DEFAULT now(), "applied_steps_count" integer NOT NULL DEFAULT 0
)`;

export const createRecord = async (client: pg.ClientBase): Promise<void> => {
  await client.query(CREATE);
};

/** What has been applied, oldest first; what was rolled back by hand is as if it had never been. */
export async function readRecord(client: Pick<pg.ClientBase, 'query'>): Promise<AppliedMigration[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
    'SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY migration_name',
  );
  return rows.map(({ migration_name: name, checksum, finished }) => ({ name, checksum, finished }));
}

/** Migrations still to be applied. Throws when the record and the files disagree: then nobody knows what the tables look like. */
export function pendingMigrations(files: MigrationFile[], applied: AppliedMigration[]): MigrationFile[] {
  const known = new Map(files.map((file) => [file.name, file]));
  for (const { name, checksum, finished } of applied) {
    const file = known.get(name);
    if (file === undefined)
      throw new Error(`the database has migration ${name}, which this version does not know: it was made by a newer Berth`);
    if (!finished) throw new Error(`migration ${name} failed half-way: repair the database, then run "prisma migrate resolve"`);
    if (file.checksum !== checksum) {
      throw new Error(`migration ${name} was changed after it had been applied: restore the file and put the change into a new migration`);
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  const pending = files.filter(({ name }) => !done.has(name));
  const last = applied.at(-1)?.name ?? '';
  const late = pending.find(({ name }) => name < last);
  if (late !== undefined) throw new Error(`migration ${late.name} is older than ${last}, which has been applied: give it a later time`);
  return pending;
}

/** Applies one migration and records it, both or neither. */
export async function applyMigration(client: pg.ClientBase, { name, sql, checksum }: MigrationFile): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)`,
      [checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw new Error(`migration ${name} failed and was rolled back: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
