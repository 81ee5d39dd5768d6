import { hkdfSync } from 'node:crypto';

/** Groups of the cluster that migrations grant to; nobody logs in as one. */
export const APP_GROUP = 'berth_app';
export const SYSTEM_GROUP = 'berth_system';

/** `app` serves one tenant's request; `system` the listed purposes that cross tenants. */
export type RoleKind = 'app' | 'system';

/** Postgres cuts longer names off without an error, and two databases would share a role. */
const MAX_ROLE_BYTES = 63;

/** Database named by a connection URL. Throws when there is none. */
export function databaseName(databaseUrl: string): string {
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  if (name === '') throw new Error('DATABASE_URL names no database: add its name behind the last slash');
  return name;
}

/**
 * Login role of one database: roles belong to the whole cluster, so the database is part of the name. The ending keeps it apart from the
 * groups `berth_app` and `berth_system` when the database is called `berth`.
 */
export function loginRole(databaseUrl: string, kind: RoleKind): string {
  const role = `${databaseName(databaseUrl)}_${kind}_login`;
  if (Buffer.byteLength(role) > MAX_ROLE_BYTES) throw new Error(`the database name is too long: ${role} exceeds ${MAX_ROLE_BYTES} bytes`);
  return role;
}

/** Password of a login role: the same in every process that holds the secret, never stored. */
export function rolePassword(secret: string, kind: RoleKind): string {
  return Buffer.from(hkdfSync('sha256', secret, '', `db:${kind}`, 32)).toString('hex');
}

/** The given URL with the user and password of one of the two login roles. */
export function roleUrl(databaseUrl: string, secret: string, kind: RoleKind): string {
  const url = new URL(databaseUrl);
  url.username = encodeURIComponent(loginRole(databaseUrl, kind));
  url.password = rolePassword(secret, kind);
  return url.href;
}
