/** Columns of one table that a purpose reads and writes; `delete` = whole rows. */
export interface TableGrant {
  select?: readonly string[];
  insert?: readonly string[];
  update?: readonly string[];
  delete?: true;
}

type PurposeGrants = Readonly<Record<string, TableGrant>>;

/**
 * Everything that is done across tenants, and the columns that each needs. The migrations grant exactly the union of these to the
 * system role; a spec compares both with the database's catalogue, so a new purpose or column is a change that somebody reviews.
 */
export const SYSTEM_PURPOSES = {
  /** The first tenant and its owner, once. */
  bootstrap: {
    tenants: { select: ['id', 'name', 'created_at'], insert: ['id', 'name'] },
    users: { select: ['id', 'email'], insert: ['id', 'email', 'name', 'password_hash'] },
    memberships: { select: ['tenant_id', 'user_id', 'role', 'revoked_at', 'created_at'], insert: ['tenant_id', 'user_id', 'role'] },
  },
  /** Before a tenant is known: passwords, links, refresh tokens, the choice of a tenant. */
  sign_in: {
    tenants: { select: ['id', 'name'] },
    users: {
      select: ['id', 'email', 'name', 'password_hash', 'password_tenant_id'],
      update: ['name', 'password_hash', 'password_tenant_id'],
    },
    memberships: {
      select: ['tenant_id', 'user_id', 'role', 'name', 'revoked_at', 'created_at', 'signed_out_at'],
      update: ['name'],
    },
    login_tokens: {
      select: ['token_hash', 'user_id', 'tenant_id', 'created_by', 'expires_at', 'used_at'],
      insert: ['token_hash', 'user_id', 'tenant_id', 'created_by', 'expires_at'],
      update: ['used_at'],
      delete: true,
    },
    refresh_families: {
      select: [
        ...['id', 'tenant_id', 'user_id', 'token_hash', 'previous_hash', 'generation', 'confined', 'recovery'],
        ...['created_at', 'rotated_at', 'expires_at', 'revoked_at'],
      ],
      insert: ['id', 'tenant_id', 'user_id', 'token_hash', 'expires_at', 'confined', 'recovery'],
      update: ['tenant_id', 'token_hash', 'previous_hash', 'generation', 'recovery', 'rotated_at', 'expires_at', 'revoked_at'],
      delete: true,
    },
    socket_tickets: { select: ['family_id'], delete: true },
  },
  /** Who belongs to a tenant: accounts belong to none. */
  members: {
    users: { select: ['id', 'email', 'name'], insert: ['id', 'email', 'name'] },
    memberships: {
      select: ['tenant_id', 'user_id', 'role', 'name', 'created_at', 'revoked_at'],
      insert: ['tenant_id', 'user_id', 'role', 'name'],
      update: ['role', 'name', 'revoked_at', 'signed_out_at'],
    },
    login_tokens: {
      select: ['user_id', 'tenant_id', 'created_by', 'expires_at'],
      insert: ['token_hash', 'user_id', 'tenant_id', 'created_by', 'expires_at'],
      delete: true,
    },
  },
  /** A ticket names its tenant; whoever shows it does not. */
  socket_ticket: {
    socket_tickets: { select: ['token_hash', 'tenant_id', 'user_id', 'family_id', 'session_id', 'expires_at'], delete: true },
    refresh_families: { select: ['id', 'tenant_id', 'user_id', 'created_at', 'expires_at', 'revoked_at'] },
    memberships: { select: ['tenant_id', 'user_id', 'role', 'revoked_at', 'signed_out_at'] },
  },
  /** Who of those connected here is still welcome. */
  principals: {
    refresh_families: { select: ['id', 'tenant_id', 'user_id', 'created_at', 'expires_at', 'revoked_at'] },
    memberships: { select: ['tenant_id', 'user_id', 'role', 'revoked_at', 'signed_out_at'] },
  },
  /** Hosts come, go and say where they are. */
  hosts: {
    hosts: {
      select: ['id', 'name', 'incarnation', 'address', 'draining'],
      insert: ['id', 'name', 'incarnation', 'pid', 'started_at', 'last_seen'],
      update: ['incarnation', 'address', 'pid', 'draining', 'started_at', 'last_seen'],
    },
  },
  /** Queued sessions of all tenants wait in one line. */
  claim: {
    hosts: { select: ['id', 'incarnation', 'draining'], update: ['draining'] },
    sessions: {
      select: [
        ...[
          'tenant_id',
          'id',
          'kind',
          'status',
          'title',
          'command',
          'model',
          'permission_mode',
          'cols',
          'rows',
          'workspace_path',
          'traceparent',
        ],
        ...['epoch', 'host_id', 'lease_until', 'offset_limit', 'queued_at'],
      ],
      update: ['epoch', 'host_id', 'lease_until', 'status', 'offset_limit', 'desired', 'close_reason', 'exit_code', 'updated_at'],
    },
    session_runs: {
      select: ['tenant_id', 'session_id', 'epoch', 'incarnation', 'base'],
      insert: ['tenant_id', 'session_id', 'epoch', 'host_id', 'incarnation', 'state', 'base'],
    },
  },
  /** One statement for all runs of a host. */
  renew: {
    hosts: { select: ['id', 'incarnation'], update: ['last_seen'] },
    sessions: { select: ['tenant_id', 'id', 'kind', 'epoch', 'host_id', 'lease_until', 'desired'], update: ['lease_until'] },
  },
  /** What the owner of a run writes. */
  run: {
    sessions: {
      select: ['tenant_id', 'id', 'status', 'epoch', 'lease_until', 'offset_limit', 'head', 'desired'],
      update: [
        ...['status', 'cols', 'rows', 'offset_limit', 'head', 'desired', 'host_id', 'lease_until', 'close_reason', 'exit_code'],
        ...['updated_at', 'closed_at'],
      ],
    },
    session_runs: {
      select: ['tenant_id', 'session_id', 'epoch', 'state', 'close_reason', 'exit_code', 'base', 'end'],
      update: ['state', 'close_reason', 'exit_code', 'end', 'closed_at'],
    },
  },
  /** Runs whose host is gone, whoever they belonged to. */
  sweep: {
    sessions: {
      select: ['tenant_id', 'id', 'epoch', 'host_id', 'lease_until', 'desired', 'offset_limit'],
      update: ['status', 'close_reason', 'host_id', 'lease_until', 'desired', 'head', 'updated_at', 'closed_at'],
    },
    session_runs: {
      select: ['tenant_id', 'session_id', 'epoch', 'state', 'base', 'end', 'closed_at'],
      update: ['state', 'close_reason', 'closed_at', 'end'],
    },
  },
  /** With which key the broker of a run calls which model provider, and the key that the environment brings. */
  model_provider: {
    tenants: { select: ['id', 'created_at'] },
    model_settings: {
      select: ['tenant_id', 'provider', 'source', 'base_url', 'secret_ciphertext'],
      insert: ['tenant_id', 'provider', 'source', 'secret_ciphertext', 'key_hint', 'updated_at'],
      update: ['provider', 'secret_ciphertext', 'key_hint', 'updated_at'],
    },
  },
  /** What the broker of a run has counted. */
  usage: {
    usage: {
      select: [
        ...['tenant_id', 'session_id', 'epoch', 'day', 'model'],
        ...['requests', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'],
      ],
      insert: [
        ...['tenant_id', 'session_id', 'epoch', 'day', 'model'],
        ...['requests', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'],
      ],
      update: ['requests', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'],
    },
  },
  /** Which sessions have been deleted, so that a host removes their folders. */
  deleted_sessions: {
    sessions: { select: ['id'] },
  },
  /** The check at start: are all migrations applied? */
  self_check: {
    _prisma_migrations: { select: ['migration_name', 'checksum', 'finished_at', 'rolled_back_at'] },
  },
} as const satisfies Record<string, PurposeGrants>;

export type SystemPurpose = keyof typeof SYSTEM_PURPOSES;
