-- Claude Code sessions, model settings and usage, members who are added by others, sign-ins that are confined to one tenant.
-- Only additions: the version before goes on working beside this one.

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "password_tenant_id" UUID;

-- AlterTable
ALTER TABLE "memberships" ADD COLUMN     "name" TEXT,
ADD COLUMN     "signed_out_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "login_tokens" ADD COLUMN     "created_by" UUID,
ADD COLUMN     "tenant_id" UUID;

-- AlterTable
ALTER TABLE "refresh_families" ADD COLUMN     "confined" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "recovery" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "model" TEXT,
ADD COLUMN     "permission_mode" TEXT;

-- CreateTable
CREATE TABLE "model_settings" (
    "tenant_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "base_url" TEXT,
    "secret_ciphertext" BYTEA,
    "key_hint" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,

    CONSTRAINT "model_settings_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "usage" (
    "tenant_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "day" DATE NOT NULL,
    "model" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "input_tokens" BIGINT NOT NULL,
    "output_tokens" BIGINT NOT NULL,
    "cache_read_tokens" BIGINT NOT NULL,
    "cache_write_tokens" BIGINT NOT NULL,

    CONSTRAINT "usage_pkey" PRIMARY KEY ("tenant_id","session_id","epoch","day","model")
);

-- CreateIndex
CREATE INDEX "login_tokens_created_by_idx" ON "login_tokens"("created_by");

-- CreateIndex
CREATE INDEX "login_tokens_tenant_id_user_id_idx" ON "login_tokens"("tenant_id", "user_id");

-- CreateIndex
CREATE INDEX "model_settings_tenant_id_updated_by_idx" ON "model_settings"("tenant_id", "updated_by");

-- CreateIndex
CREATE INDEX "usage_tenant_id_day_idx" ON "usage"("tenant_id", "day");

-- AddForeignKey
ALTER TABLE "login_tokens" ADD CONSTRAINT "login_tokens_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "login_tokens" ADD CONSTRAINT "login_tokens_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "memberships"("tenant_id", "user_id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "model_settings" ADD CONSTRAINT "model_settings_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "model_settings" ADD CONSTRAINT "model_settings_tenant_id_updated_by_fkey" FOREIGN KEY ("tenant_id", "updated_by") REFERENCES "memberships"("tenant_id", "user_id") ON DELETE NO ACTION ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "usage" ADD CONSTRAINT "usage_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE RESTRICT;


-- What no statement may break, whoever writes it
ALTER TABLE "sessions"
  ADD CONSTRAINT "sessions_permission_mode_check" CHECK ("permission_mode" IN ('manual', 'acceptEdits', 'plan', 'auto', 'dontAsk', 'bypassPermissions')),
  -- It becomes an argument of the program.
  ADD CONSTRAINT "sessions_model_check" CHECK ("model" ~ '^[A-Za-z0-9][A-Za-z0-9._:@/[\]-]{0,127}$'),
  -- Only Claude Code, whose command is empty, knows either.
  ADD CONSTRAINT "sessions_program_check" CHECK ("command" = '[]' OR ("model" IS NULL AND "permission_mode" IS NULL));
ALTER TABLE "model_settings"
  ADD CONSTRAINT "model_settings_source_check" CHECK ("source" IN ('member', 'environment') AND ("source" = 'member') = ("updated_by" IS NOT NULL)),
  ADD CONSTRAINT "model_settings_provider_check" CHECK (CASE "provider"
    WHEN 'anthropic' THEN "base_url" IS NULL AND "secret_ciphertext" IS NOT NULL
    WHEN 'compatible' THEN "base_url" IS NOT NULL AND "secret_ciphertext" IS NOT NULL
    WHEN 'scripted' THEN "base_url" IS NULL AND "secret_ciphertext" IS NULL AND "key_hint" IS NULL
    ELSE false
  END);
ALTER TABLE "usage" ADD CONSTRAINT "usage_counters_check" CHECK (
  "epoch" > 0 AND least("requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens") >= 0
);

ALTER TABLE "login_tokens" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "model_settings" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "usage" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY "own_tenant" ON "model_settings" TO "berth_app" USING ("tenant_id" = "current_tenant"());
CREATE POLICY "own_tenant" ON "usage" TO "berth_app" USING ("tenant_id" = "current_tenant"());
CREATE POLICY "system" ON "login_tokens" TO "berth_system" USING (true);
CREATE POLICY "system" ON "model_settings" TO "berth_system" USING (true);
CREATE POLICY "system" ON "usage" TO "berth_system" USING (true);

-- Requests. A secret goes in and is not read again by them; who belongs to a tenant is not theirs to write.
GRANT SELECT ("name") ON "memberships" TO "berth_app";
GRANT INSERT ("model", "permission_mode") ON "sessions" TO "berth_app";
GRANT SELECT ("tenant_id", "provider", "source", "base_url", "key_hint", "updated_at", "updated_by"),
  INSERT ("tenant_id", "provider", "source", "base_url", "secret_ciphertext", "key_hint", "updated_at", "updated_by"),
  UPDATE ("provider", "source", "base_url", "secret_ciphertext", "key_hint", "updated_at", "updated_by"),
  DELETE
  ON "model_settings" TO "berth_app";
GRANT SELECT ON "usage" TO "berth_app";

-- What crosses tenants: the purposes listed in libs/store, column by column
GRANT SELECT ("password_tenant_id"), UPDATE ("name", "password_hash", "password_tenant_id") ON "users" TO "berth_system";
GRANT SELECT ("name", "signed_out_at"), INSERT ("name"), UPDATE ("role", "name", "revoked_at", "signed_out_at")
  ON "memberships" TO "berth_system";
GRANT SELECT ("tenant_id", "created_by"), INSERT ("tenant_id", "created_by") ON "login_tokens" TO "berth_system";
GRANT SELECT ("confined", "recovery", "created_at"), INSERT ("confined", "recovery"), UPDATE ("recovery") ON "refresh_families" TO "berth_system";
GRANT SELECT ("model", "permission_mode") ON "sessions" TO "berth_system";
GRANT SELECT ("tenant_id", "provider", "source", "base_url", "secret_ciphertext"),
  INSERT ("tenant_id", "provider", "source", "secret_ciphertext", "key_hint", "updated_at"),
  UPDATE ("provider", "secret_ciphertext", "key_hint", "updated_at")
  ON "model_settings" TO "berth_system";
GRANT SELECT ("tenant_id", "session_id", "epoch", "day", "model", "requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
  INSERT ("tenant_id", "session_id", "epoch", "day", "model", "requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
  UPDATE ("requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
  ON "usage" TO "berth_system";
