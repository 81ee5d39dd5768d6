import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_PURPOSES, type TableGrant } from './system-purposes.js';
import { systemRepositories } from './system/system-repositories.js';
import { createTestDatabase, type TestDatabase } from './testing/test-database.js';
import { testServerUrl } from './testing/test-server.js';

/** `table: column privilege` for every column, `table: DELETE` for tables. */
function listGrants(): string[] {
  const grants = Object.values(SYSTEM_PURPOSES).flatMap((tables) => Object.entries<TableGrant>(tables));
  const lines = grants.flatMap(([table, grant]) => [
    ...(['select', 'insert', 'update'] as const).flatMap((kind) =>
      (grant[kind] ?? []).map((column) => `${table}: ${column} ${kind.toUpperCase()}`),
    ),
    ...(grant.delete ? [`${table}: DELETE`] : []),
  ]);
  return [...new Set(lines)].toSorted();
}

describe('the system role', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(testServerUrl());
  });
  afterAll(() => database.drop());

  it('serves these purposes and no other: a new one is decided here', () => {
    expect(Object.keys(SYSTEM_PURPOSES)).toEqual([
      'bootstrap',
      'sign_in',
      'members',
      'socket_ticket',
      'principals',
      'hosts',
      'claim',
      'renew',
      'run',
      'sweep',
      'model_provider',
      'usage',
      'deleted_sessions',
      'self_check',
    ]);
    expect(Object.keys(systemRepositories)).toEqual(['bootstrap', 'sign_in', 'members', 'socket_ticket', 'principals']);
  });

  it('may do exactly what its purposes need, column by column', async () => {
    const rows = await database.query<{ line: string }>(`
      SELECT format('%s: %s %s', c.relname, a.attname, p.privilege) AS line
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p (privilege)
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND has_column_privilege('berth_system', c.oid, a.attnum, p.privilege)
      UNION ALL
      SELECT format('%s: %s', c.relname, p.privilege)
      FROM pg_class c CROSS JOIN unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS p (privilege)
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege('berth_system', c.oid, p.privilege)`);
    expect(rows.map(({ line }) => line).toSorted()).toEqual(listGrants());
  });
});
