import pg from 'pg';
import { APP_GROUP, SYSTEM_GROUP, databaseName, loginRole, rolePassword, type RoleKind } from '../database-roles.js';
import { scramVerifier } from './scram-verifier.js';

const GROUPS: Record<RoleKind, string> = { app: APP_GROUP, system: SYSTEM_GROUP };

/** Since this version a membership can be given without the right to SET ROLE. */
const GRANTS_WITH_OPTIONS = 160_000;

/**
 * Makes the two roles with which processes log in to this database, members of the groups that the migrations granted to. Only
 * they and the owner may connect: groups belong to the cluster, so another database's roles would otherwise reach these tables.
 */
export async function ensureLoginRoles(client: pg.ClientBase, { ownerUrl, secret }: { ownerUrl: string; secret: string }): Promise<void> {
  const database = pg.escapeIdentifier(databaseName(ownerUrl));
  const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
  const options = Number(rows[0]?.version) >= GRANTS_WITH_OPTIONS ? ' WITH INHERIT TRUE, SET FALSE' : '';
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  for (const kind of ['app', 'system'] as const) {
    const name = loginRole(ownerUrl, kind);
    const role = pg.escapeIdentifier(name);
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    await client.query(
      `${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${role} LOGIN INHERIT NOCREATEDB NOCREATEROLE PASSWORD '${scramVerifier(rolePassword(secret, kind))}'`,
    );
    await client.query(`GRANT ${GROUPS[kind]} TO ${role}${options}`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
  }
  await client.query(`GRANT SELECT (migration_name, checksum, finished_at, rolled_back_at) ON "_prisma_migrations" TO ${SYSTEM_GROUP}`);
}
