import type pg from 'pg';
import { pendingMigrations, readRecord } from './migrate/applied-migrations.js';
import { readMigrations } from './migrate/migration-files.js';

interface Subject {
  app: pg.Pool;
  system: pg.Pool;
  /** False under the negative control that serves requests without row-level security. */
  rowSecurity: boolean;
}

/** The role or its password is not known to the server. */
const SIGN_IN_FAILURES = ['28000', '28P01'];

/** Privileges under which row-level security would not hold. */
const ROLE_CHECK = `
  SELECT r.rolname AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypasses,
    EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owns,
    EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND has_table_privilege(r.oid, c.oid, 'TRUNCATE')) AS truncates
  FROM pg_roles r WHERE r.rolname = current_user`;

/** Tables of tenants without forced row-level security. */
const TABLE_CHECK = `
  SELECT c.relname AS table FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
  ORDER BY 1`;

/** What must be put right before anything is served, one sentence each. */
export async function findProblems({ app, system, rowSecurity }: Subject): Promise<string[]> {
  try {
    return [
      ...(await migrationProblems(system)),
      ...(await tableProblems(system)),
      ...(await roleProblems(system)),
      ...(rowSecurity ? await roleProblems(app) : []),
    ];
  } catch (error) {
    if (error instanceof Error && 'code' in error && SIGN_IN_FAILURES.includes(String(error.code))) {
      return [`a login role was refused (${error.message}): apply the migrations with this installation's BERTH_SECRET`];
    }
    throw error;
  }
}

async function migrationProblems(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ present: boolean }>(`SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS present`);
  if (rows[0]?.present !== true) return ['the database has no tables yet: apply the migrations'];
  const files = await readMigrations();
  const known = new Set(files.map(({ name }) => name));
  // While a newer version is rolled out its migrations are there already; they leave what this one uses in place.
  const applied = (await readRecord(pool)).filter(({ name }) => known.has(name));
  try {
    return pendingMigrations(files, applied).map(({ name }) => `migration ${name} has not been applied`);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function tableProblems(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ table: string }>(TABLE_CHECK);
  return rows.map(({ table }) => `table ${table} holds rows of tenants and has no forced row-level security`);
}

async function roleProblems(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ role: string; superuser: boolean; bypasses: boolean; owns: boolean; truncates: boolean }>(ROLE_CHECK);
  return rows.flatMap(({ role, superuser, bypasses, owns, truncates }) => [
    ...(superuser ? [`role ${role} is a superuser, to whom row-level security does not apply`] : []),
    ...(bypasses ? [`role ${role} may bypass row-level security`] : []),
    ...(owns ? [`role ${role} owns tables and could switch row-level security off`] : []),
    ...(truncates ? [`role ${role} may TRUNCATE, which ignores row-level security`] : []),
  ]);
}
