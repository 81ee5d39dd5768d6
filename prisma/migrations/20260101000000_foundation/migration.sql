-- Tables, the two groups of roles, row-level security.
--
-- berth_app     requests: sees the tenant in app.tenant_id and nothing without one; may not touch what fences a run.
-- berth_system  the listed purposes that cross tenants: sign-in, tickets, hosts, leases. Column by column.
--
-- Groups belong to the cluster, so another database of ours may have made them already.
DO $$
DECLARE
  group_name text;
BEGIN
  FOREACH group_name IN ARRAY ARRAY['berth_app', 'berth_system'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = group_name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', group_name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END IF;
  END LOOP;
END
$$;


-- CreateTable
CREATE TABLE "tenants" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "password_hash" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "tenant_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("tenant_id","user_id")
);

-- CreateTable
CREATE TABLE "hosts" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "incarnation" INTEGER NOT NULL,
    "address" TEXT,
    "pid" INTEGER,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,
    "draining" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "hosts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "login_tokens" (
    "token_hash" BYTEA NOT NULL,
    "user_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "login_tokens_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "refresh_families" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "previous_hash" BYTEA,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "rotated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "refresh_families_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "socket_tickets" (
    "token_hash" BYTEA NOT NULL,
    "tenant_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "family_id" UUID NOT NULL,
    "session_id" UUID,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "socket_tickets_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "sessions" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "command" JSONB NOT NULL,
    "cols" INTEGER NOT NULL,
    "rows" INTEGER NOT NULL,
    "created_by" UUID NOT NULL,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "host_id" UUID,
    "lease_until" TIMESTAMPTZ(6),
    "offset_limit" BIGINT NOT NULL DEFAULT 0,
    "event_seq" BIGINT NOT NULL DEFAULT 0,
    "desired" TEXT,
    "exit_code" INTEGER,
    "close_reason" TEXT,
    "head" BIGINT NOT NULL DEFAULT 0,
    "workspace_path" TEXT,
    "traceparent" TEXT,
    "queued_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "session_runs" (
    "tenant_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "host_id" UUID NOT NULL,
    "incarnation" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "close_reason" TEXT,
    "exit_code" INTEGER,
    "base" BIGINT NOT NULL,
    "end" BIGINT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "session_runs_pkey" PRIMARY KEY ("tenant_id","session_id","epoch")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE INDEX "memberships_user_id_idx" ON "memberships"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "hosts_name_key" ON "hosts"("name");

-- CreateIndex
CREATE INDEX "login_tokens_user_id_idx" ON "login_tokens"("user_id");

-- CreateIndex
CREATE INDEX "refresh_families_tenant_id_user_id_idx" ON "refresh_families"("tenant_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "refresh_families_tenant_id_id_key" ON "refresh_families"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "socket_tickets_tenant_id_user_id_idx" ON "socket_tickets"("tenant_id", "user_id");

-- CreateIndex
CREATE INDEX "socket_tickets_tenant_id_family_id_idx" ON "socket_tickets"("tenant_id", "family_id");

-- CreateIndex
CREATE INDEX "socket_tickets_tenant_id_session_id_idx" ON "socket_tickets"("tenant_id", "session_id");

-- CreateIndex
CREATE INDEX "socket_tickets_expires_at_idx" ON "socket_tickets"("expires_at");

-- CreateIndex
CREATE INDEX "sessions_tenant_id_status_id_idx" ON "sessions"("tenant_id", "status", "id");

-- CreateIndex
CREATE INDEX "sessions_tenant_id_created_by_idx" ON "sessions"("tenant_id", "created_by");

-- CreateIndex
CREATE INDEX "sessions_host_id_idx" ON "sessions"("host_id") WHERE (host_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "sessions_queued_at_idx" ON "sessions"("queued_at") WHERE (status = 'queued');

-- CreateIndex
CREATE INDEX "session_runs_host_id_idx" ON "session_runs"("host_id");

-- CreateIndex
CREATE INDEX "session_runs_unsealed_idx" ON "session_runs"("closed_at") WHERE (state = 'closed' AND "end" IS NULL);

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "login_tokens" ADD CONSTRAINT "login_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "refresh_families" ADD CONSTRAINT "refresh_families_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "memberships"("tenant_id", "user_id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "socket_tickets" ADD CONSTRAINT "socket_tickets_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "memberships"("tenant_id", "user_id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "socket_tickets" ADD CONSTRAINT "socket_tickets_tenant_id_family_id_fkey" FOREIGN KEY ("tenant_id", "family_id") REFERENCES "refresh_families"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "socket_tickets" ADD CONSTRAINT "socket_tickets_tenant_id_session_id_fkey" FOREIGN KEY ("tenant_id", "session_id") REFERENCES "sessions"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_tenant_id_created_by_fkey" FOREIGN KEY ("tenant_id", "created_by") REFERENCES "memberships"("tenant_id", "user_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_host_id_fkey" FOREIGN KEY ("host_id") REFERENCES "hosts"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "session_runs" ADD CONSTRAINT "session_runs_tenant_id_session_id_fkey" FOREIGN KEY ("tenant_id", "session_id") REFERENCES "sessions"("tenant_id", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "session_runs" ADD CONSTRAINT "session_runs_host_id_fkey" FOREIGN KEY ("host_id") REFERENCES "hosts"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;



-- What no statement may break, whoever writes it
ALTER TABLE "users" ADD CONSTRAINT "users_email_lower_check" CHECK ("email" = lower("email"));
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_role_check" CHECK ("role" IN ('owner', 'admin', 'member', 'viewer'));
ALTER TABLE "sessions"
  ADD CONSTRAINT "sessions_kind_check" CHECK ("kind" IN ('terminal', 'agent')),
  ADD CONSTRAINT "sessions_status_check" CHECK ("status" IN ('queued', 'starting', 'running', 'suspended', 'closed')),
  ADD CONSTRAINT "sessions_desired_check" CHECK ("desired" IN ('closed', 'suspended')),
  ADD CONSTRAINT "sessions_size_check" CHECK ("cols" BETWEEN 2 AND 1000 AND "rows" BETWEEN 1 AND 500),
  -- Offsets are u48 on the wire.
  ADD CONSTRAINT "sessions_offset_check" CHECK ("offset_limit" BETWEEN 0 AND 281474976710655 AND "head" BETWEEN 0 AND "offset_limit"),
  -- Owned, leased and live are one thing.
  ADD CONSTRAINT "sessions_owner_check" CHECK (
    ("host_id" IS NULL) = ("lease_until" IS NULL) AND ("host_id" IS NULL) = ("status" NOT IN ('starting', 'running'))
  );
ALTER TABLE "session_runs"
  ADD CONSTRAINT "session_runs_state_check" CHECK ("state" IN ('queued', 'starting', 'running', 'closing', 'closed')),
  ADD CONSTRAINT "session_runs_epoch_check" CHECK ("epoch" > 0),
  ADD CONSTRAINT "session_runs_range_check" CHECK ("base" >= 0 AND "end" >= "base"),
  ADD CONSTRAINT "session_runs_closed_check" CHECK (("state" = 'closed') = ("close_reason" IS NOT NULL) AND ("state" = 'closed') = ("closed_at" IS NOT NULL));

-- Row-level security. Outside withTenant the setting is unset or '' (its value after a transaction that set it locally).
CREATE FUNCTION "current_tenant"() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;

ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "memberships" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "refresh_families" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "socket_tickets" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "session_runs" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY "own_tenant" ON "tenants" TO "berth_app" USING ("id" = "current_tenant"());
CREATE POLICY "own_tenant" ON "memberships" TO "berth_app" USING ("tenant_id" = "current_tenant"());
CREATE POLICY "own_tenant" ON "socket_tickets" TO "berth_app" USING ("tenant_id" = "current_tenant"());
CREATE POLICY "own_tenant" ON "sessions" TO "berth_app" USING ("tenant_id" = "current_tenant"());
CREATE POLICY "own_tenant" ON "session_runs" TO "berth_app" USING ("tenant_id" = "current_tenant"());
-- Users belong to no tenant: a tenant sees those who are members of it.
CREATE POLICY "own_members" ON "users" TO "berth_app" USING (
  EXISTS (SELECT FROM "memberships" m WHERE m."user_id" = "users"."id" AND m."tenant_id" = "current_tenant"())
);

CREATE POLICY "system" ON "tenants" TO "berth_system" USING (true);
CREATE POLICY "system" ON "users" TO "berth_system" USING (true);
CREATE POLICY "system" ON "memberships" TO "berth_system" USING (true);
CREATE POLICY "system" ON "refresh_families" TO "berth_system" USING (true);
CREATE POLICY "system" ON "socket_tickets" TO "berth_system" USING (true);
CREATE POLICY "system" ON "sessions" TO "berth_system" USING (true);
CREATE POLICY "system" ON "session_runs" TO "berth_system" USING (true);

-- Nobody but the owner starts with anything; TRUNCATE, which ignores row-level security, is granted to nobody.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO "berth_app", "berth_system";

-- Requests
GRANT SELECT ("id", "name") ON "tenants" TO "berth_app";
GRANT SELECT ("id", "email", "name") ON "users" TO "berth_app";
GRANT SELECT ("tenant_id", "user_id", "role", "created_at", "revoked_at") ON "memberships" TO "berth_app";
GRANT SELECT ("id", "name", "incarnation", "address", "draining", "last_seen") ON "hosts" TO "berth_app";
GRANT INSERT ("token_hash", "tenant_id", "user_id", "family_id", "session_id", "expires_at") ON "socket_tickets" TO "berth_app";
GRANT SELECT, DELETE ON "sessions" TO "berth_app";
GRANT INSERT ("tenant_id", "id", "kind", "status", "title", "command", "cols", "rows", "created_by", "workspace_path", "traceparent") ON "sessions" TO "berth_app";
-- epoch, host_id, lease_until, offset_limit and head are the leases': no request can write them.
GRANT UPDATE ("title", "desired", "status", "close_reason", "exit_code", "traceparent", "queued_at", "updated_at", "closed_at") ON "sessions" TO "berth_app";
GRANT SELECT ON "session_runs" TO "berth_app";

-- What crosses tenants: the purposes listed in libs/store, column by column
GRANT SELECT ("id", "name", "created_at"),
  INSERT ("id", "name")
  ON "tenants" TO "berth_system";
GRANT SELECT ("id", "email", "name", "password_hash"),
  INSERT ("id", "email", "name", "password_hash")
  ON "users" TO "berth_system";
GRANT SELECT ("tenant_id", "user_id", "role", "revoked_at", "created_at"),
  INSERT ("tenant_id", "user_id", "role")
  ON "memberships" TO "berth_system";
GRANT SELECT ("token_hash", "user_id", "expires_at", "used_at"),
  INSERT ("token_hash", "user_id", "expires_at"),
  UPDATE ("used_at"),
  DELETE
  ON "login_tokens" TO "berth_system";
GRANT SELECT ("id", "tenant_id", "user_id", "token_hash", "previous_hash", "generation", "rotated_at", "expires_at", "revoked_at"),
  INSERT ("id", "tenant_id", "user_id", "token_hash", "expires_at"),
  UPDATE ("tenant_id", "token_hash", "previous_hash", "generation", "rotated_at", "expires_at", "revoked_at"),
  DELETE
  ON "refresh_families" TO "berth_system";
GRANT SELECT ("family_id", "token_hash", "tenant_id", "user_id", "session_id", "expires_at"),
  DELETE
  ON "socket_tickets" TO "berth_system";
GRANT SELECT ("id", "name", "incarnation", "address", "draining"),
  INSERT ("id", "name", "incarnation", "pid", "started_at", "last_seen"),
  UPDATE ("incarnation", "address", "pid", "draining", "started_at", "last_seen")
  ON "hosts" TO "berth_system";
GRANT SELECT ("tenant_id", "id", "kind", "status", "title", "command", "cols", "rows", "workspace_path", "traceparent", "epoch", "host_id", "lease_until", "offset_limit", "queued_at", "desired", "head"),
  UPDATE ("epoch", "host_id", "lease_until", "status", "offset_limit", "desired", "close_reason", "exit_code", "updated_at", "cols", "rows", "head", "closed_at")
  ON "sessions" TO "berth_system";
GRANT SELECT ("tenant_id", "session_id", "epoch", "incarnation", "base", "state", "close_reason", "exit_code", "end", "closed_at"),
  INSERT ("tenant_id", "session_id", "epoch", "host_id", "incarnation", "state", "base"),
  UPDATE ("state", "close_reason", "exit_code", "end", "closed_at")
  ON "session_runs" TO "berth_system";
