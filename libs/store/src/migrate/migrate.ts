import { applyMigration, createRecord, pendingMigrations, readRecord } from './applied-migrations.js';
import { connectAsOwner } from './create-database.js';
import { ensureLoginRoles } from './login-roles.js';
import { readMigrations } from './migration-files.js';

export interface MigrateOptions {
  /** Connection of the role that owns the tables and may create roles. */
  ownerUrl: string;
  /** The installation's secret; the login roles' passwords are derived from it. */
  secret: string;
  /** Told one line about each step. */
  onProgress?: (line: string) => void;
  /** Folder of the migrations; the repository's own by default. */
  migrationsDir?: string;
}

/** The lock that Prisma's own tools take, so that they wait for us and we for them. */
const MIGRATION_LOCK = 72_707_369;

/**
 * Brings a database up to date: creates it when it is missing, applies what is pending, makes the login roles. Safe to call from
 * several processes at once and again and again; throws a sentence that says what to do.
 */
export async function migrate({ ownerUrl, secret, onProgress = () => {}, migrationsDir }: MigrateOptions): Promise<{ applied: string[] }> {
  const files = await readMigrations(migrationsDir);
  const client = await connectAsOwner(ownerUrl);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await createRecord(client);
    const pending = pendingMigrations(files, await readRecord(client));
    for (const file of pending) {
      onProgress(`applying ${file.name}`);
      await applyMigration(client, file);
    }
    await ensureLoginRoles(client, { ownerUrl, secret });
    onProgress(pending.length === 0 ? 'the database is up to date' : `applied ${String(pending.length)} migrations`);
    return { applied: pending.map(({ name }) => name) };
  } finally {
    // Ends the session and with it the lock.
    await client.end();
  }
}
